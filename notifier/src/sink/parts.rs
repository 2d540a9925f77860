//! Many alerts in requests of bounded size, one after the other, and what became of all of them together.

use std::collections::VecDeque;
use std::ops::Range;

use async_trait::async_trait;

use super::{Failure, Rendered, Untaken};

/// Sends some alerts in one request.
#[async_trait]
pub(crate) trait Part: Sync {
    /// As [`Sink::send`](super::Sink::send).
    async fn send_part(&self, alerts: &[Rendered]) -> Result<(), Failure>;
}

/// Sends all, in requests of up to `most` bytes of bodies; an alert that has more goes by itself.
pub(crate) async fn in_parts(sink: &dyn Part, alerts: &[Rendered], most: usize) -> Result<(), Failure> {
    let mut parts = VecDeque::from(ranges(alerts, most));
    if parts.len() <= 1 {
        return sink.send_part(alerts).await;
    }
    let mut untaken: Vec<(usize, Untaken)> = Vec::new();
    while let Some(part) = parts.pop_front() {
        let begin = part.start;
        match sink.send_part(alerts.get(part.clone()).unwrap_or_default()).await {
            Ok(()) => {}
            Err(Failure::Partly(some)) => {
                untaken.extend(some.into_iter().map(|(place, why)| (begin.saturating_add(place), why)));
            }
            // None of all was taken yet: the server's own words tell best when to come again.
            Err(away @ Failure::Away { .. }) if begin == 0 => return Err(away),
            Err(Failure::Away { reason, .. }) => {
                let rest = part.chain(parts.drain(..).flatten());
                untaken.extend(rest.map(|place| (place, Untaken::Later(reason.clone()))));
            }
            Err(Failure::Refused(reason)) if part.len() <= 1 => untaken.push((begin, Untaken::Never(reason))),
            // Which one of them it is, is found by halving.
            Err(Failure::Refused(_)) => {
                let middle = begin.saturating_add(part.len() / 2);
                parts.push_front(middle..part.end);
                parts.push_front(begin..middle);
            }
        }
    }
    if untaken.is_empty() { Ok(()) } else { Err(Failure::Partly(untaken)) }
}

fn ranges(alerts: &[Rendered], most: usize) -> Vec<Range<usize>> {
    let (mut ranges, mut begin, mut bytes) = (Vec::new(), 0_usize, 0_usize);
    for (place, alert) in alerts.iter().enumerate() {
        let more = alert.body.bytes.len();
        if place > begin && bytes.saturating_add(more) > most {
            ranges.push(begin..place);
            (begin, bytes) = (place, 0);
        }
        bytes = bytes.saturating_add(more);
    }
    ranges.push(begin..alerts.len());
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Answers by what is in the bodies, and keeps what it was sent.
    #[derive(Default)]
    struct Double(Mutex<Vec<String>>);

    #[async_trait]
    impl Part for Double {
        async fn send_part(&self, alerts: &[Rendered]) -> Result<(), Failure> {
            let all: String = alerts.iter().map(|alert| alert.id.as_str()).collect();
            self.0.lock().unwrap().push(all.clone());
            match all.as_str() {
                all if all.contains('x') => Err(Failure::Refused("x".into())),
                all if all.contains('z') => Err(Failure::away("z")),
                all if all.contains('p') => Err(Failure::Partly(vec![(0, Untaken::Never("p".into()))])),
                _ => Ok(()),
            }
        }
    }

    async fn sent(ids: &str) -> (Result<(), Failure>, String) {
        let rendered = |id: char| Rendered { id: id.to_string(), body: "12345".into() };
        let alerts: Vec<Rendered> = ids.chars().map(rendered).collect();
        let double = Double::default();
        let result = in_parts(&double, &alerts, 12).await;
        (result, double.0.into_inner().unwrap().join(" "))
    }

    #[tokio::test]
    async fn parts_have_so_many_bytes() {
        assert_eq!(sent("abcde").await, (Ok(()), "ab cd e".into()));
        assert_eq!(
            sent("xa").await,
            (Err(Failure::Refused("x".into())), "xa".into()),
            "one part is as it is"
        );
    }

    #[tokio::test]
    async fn each_alert_goes_its_own_way() {
        let never = |place, why: &str| (place, Untaken::Never(why.to_owned()));
        let later = |place| (place, Untaken::Later("z".to_owned()));
        let partly = |untaken| Err(Failure::Partly(untaken));
        assert_eq!(sent("abcxe").await, (partly(vec![never(3, "x")]), "ab cx c x e".into()));
        assert_eq!(sent("abpd").await, (partly(vec![never(2, "p")]), "ab pd".into()));
        let (result, requests) = sent("abzde").await;
        assert_eq!((result, requests.as_str()), (partly(vec![later(2), later(3), later(4)]), "ab zd"));
        assert_eq!(sent("zbc").await, (Err(Failure::away("z")), "zb".into()));
    }
}
