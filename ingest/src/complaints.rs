//! Remarks on clients that are turned away: a few of each kind a minute, so that nobody can fill the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How many remarks of a kind are made in a window.
const MOST: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// What was remarked of late; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Complaints(Arc<Mutex<HashMap<&'static str, Window>>>);

#[derive(Debug)]
struct Window {
    began: Instant,
    said: u32,
    unsaid: u64,
}

impl Complaints {
    /// Whether a remark of this kind may be made now: how many were not made since the last one.
    pub(crate) fn may_say(&self, kind: &'static str) -> Option<u64> {
        let now = Instant::now();
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(kind).or_insert(Window { began: now, said: 0, unsaid: 0 });
        if now.duration_since(window.began) >= WINDOW {
            (window.began, window.said) = (now, 0);
        }
        if window.said >= MOST {
            window.unsaid = window.unsaid.saturating_add(1);
            return None;
        }
        window.said += 1;
        Some(std::mem::take(&mut window.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_few_of_each_kind_are_made_and_the_others_counted() {
        let complaints = Complaints::default();
        let said = (0..100).filter(|_| complaints.may_say("a").is_some()).count();
        assert_eq!((said, complaints.may_say("b")), (10, Some(0)));
        tokio::time::advance(WINDOW).await;
        assert_eq!((complaints.may_say("a"), complaints.may_say("a")), (Some(90), Some(0)));
    }
}
