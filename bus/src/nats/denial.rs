//! What a NATS server does not permit us. It says so beside the request, which it then leaves without an answer: whoever
//! waits would wait in vain, and believe the server slow.

use std::collections::VecDeque;
use std::future::Future;

use async_nats::{Event, ServerError};
use tokio::sync::watch;

/// As many denials as can be told of before those who wait have looked.
const LATEST: usize = 64;

/// What the server has denied lately; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Denials(watch::Sender<Latest>);

/// The latest denials.
#[derive(Debug, Default)]
struct Latest {
    /// How many there have ever been of publishing.
    count: u64,
    /// Their subjects, in lower case.
    subjects: VecDeque<String>,
    /// How many there have ever been of subscribing.
    inboxes: u64,
    /// The subject of the last of those. All that we subscribe to are inboxes, of the same beginning.
    inbox: String,
}

impl Denials {
    /// Takes note of an event of the connection, where it is a denial.
    pub(super) fn note(&self, event: &Event) {
        let Event::ServerError(ServerError::Other(text)) = event else { return };
        if let Some(inbox) = quoted_behind(text, "permissions violation for subscription to \"") {
            self.0.send_modify(|latest| {
                latest.inboxes = latest.inboxes.saturating_add(1);
                inbox.clone_into(&mut latest.inbox);
            });
        }
        let Some(subject) = quoted_behind(text, "permissions violation for publish to \"") else { return };
        let subject = subject.to_ascii_lowercase();
        self.0.send_modify(|latest| {
            latest.count = latest.count.saturating_add(1);
            latest.subjects.push_back(subject);
            if latest.subjects.len() > LATEST {
                latest.subjects.pop_front();
            }
        });
    }

    /// Resolves, to what to tell people, once publishing on a subject is denied after this was called, or subscribing to
    /// where the answer would come.
    pub(super) fn of(&self, subject: &str) -> impl Future<Output = String> + Send + use<> {
        let mut latest = self.0.subscribe();
        let (before, inboxes) = {
            let latest = latest.borrow_and_update();
            (latest.count, latest.inboxes)
        };
        let (wanted, subject) = (subject.to_ascii_lowercase(), subject.to_owned());
        async move {
            let is_denied = |latest: &Latest| {
                let new = usize::try_from(latest.count.saturating_sub(before)).unwrap_or(usize::MAX);
                latest.subjects.iter().rev().take(new).any(|denied| *denied == wanted)
            };
            let is_unanswered = |latest: &Latest| latest.inboxes > inboxes;
            let denied = latest.wait_for(|latest| is_denied(latest) || is_unanswered(latest)).await;
            let inbox = denied.map(|latest| is_unanswered(&latest).then(|| latest.inbox.clone()));
            let Ok(inbox) = inbox else {
                // The connection is gone, and denies nothing more.
                return std::future::pending().await;
            };
            let denied = inbox
                .map_or_else(|| format!("publish on {subject}"), |inbox| format!("take answers on {inbox}"));
            format!(
                "the NATS server does not permit us to {denied}: give our user the permissions of \
                 deploy/nats/users.conf, or do this as the operator"
            )
        }
    }
}

impl Default for Denials {
    fn default() -> Self {
        Self(watch::Sender::new(Latest::default()))
    }
}

/// The subject in `Permissions Violation for Publish to "saker.events.all.a1"`, behind what stands before it in lower
/// case.
fn quoted_behind<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    // In lower case the text is as long.
    let start = text.to_ascii_lowercase().find(before)?.checked_add(before.len())?;
    text.get(start..)?.split_once('"').map(|(subject, _)| subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(subject: &str) -> Event {
        Event::ServerError(ServerError::Other(format!("Permissions Violation for Publish to \"{subject}\"")))
    }

    #[tokio::test]
    async fn only_a_later_denial_of_the_same_subject_counts() {
        let denials = Denials::default();
        denials.note(&denial("A.b"));
        let (a, b) = (denials.of("A.b"), denials.of("B"));
        denials.note(&Event::ServerError(ServerError::Other("slow".into())));
        let mut a = std::pin::pin!(a);
        assert!(futures::poll!(&mut a).is_pending());
        denials.note(&denial("B"));
        assert!(b.await.contains("publish on B:"));
        assert!(futures::poll!(&mut a).is_pending());
        denials.note(&denial("A.b"));
        assert!(a.await.contains("publish on A.b:"));
    }

    #[tokio::test]
    async fn where_no_answer_can_come_nobody_waits_for_one() {
        let (denials, text) =
            (Denials::default(), "Permissions Violation for Subscription to \"_INBOX.a.b.*\"");
        let inbox = || Event::ServerError(ServerError::Other(text.to_owned()));
        denials.note(&inbox());
        let mut a = std::pin::pin!(denials.of("A"));
        assert!(futures::poll!(&mut a).is_pending());
        denials.note(&inbox());
        assert!(a.await.contains("take answers on _INBOX.a.b.*: give our user"));
    }
}
