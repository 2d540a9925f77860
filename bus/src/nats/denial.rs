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

/// The subjects of the latest denials, in lower case.
#[derive(Debug, Default)]
struct Latest {
    /// How many there have ever been.
    count: u64,
    subjects: VecDeque<String>,
}

impl Denials {
    /// Takes note of an event of the connection, where it is a denial.
    pub(super) fn note(&self, event: &Event) {
        let Event::ServerError(ServerError::Other(text)) = event else { return };
        let Some(subject) = denied_subject(text) else { return };
        self.0.send_modify(|latest| {
            latest.count = latest.count.saturating_add(1);
            latest.subjects.push_back(subject);
            if latest.subjects.len() > LATEST {
                latest.subjects.pop_front();
            }
        });
    }

    /// Resolves, to what to tell people, once publishing on a subject is denied after this was called.
    pub(super) fn of(&self, subject: &str) -> impl Future<Output = String> + Send + use<> {
        let mut latest = self.0.subscribe();
        let before = latest.borrow_and_update().count;
        let (wanted, subject) = (subject.to_ascii_lowercase(), subject.to_owned());
        async move {
            let is_denied = |latest: &Latest| {
                let new = usize::try_from(latest.count.saturating_sub(before)).unwrap_or(usize::MAX);
                latest.subjects.iter().rev().take(new).any(|denied| *denied == wanted)
            };
            if latest.wait_for(is_denied).await.is_err() {
                // The connection is gone, and denies nothing more.
                return std::future::pending().await;
            }
            format!(
                "the NATS server does not permit us to publish on {subject}: give our user the permissions of \
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

/// The subject in `Permissions Violation for Publish to "saker.events.all.a1"`.
fn denied_subject(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (_, quoted) = text.split_once("permissions violation for publish to \"")?;
    quoted.split_once('"').map(|(subject, _)| subject.to_owned())
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
}
