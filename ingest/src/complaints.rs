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

/// How many remarks of a kind were not made since the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unsaid(u64);

#[derive(Debug)]
struct Window {
    began: Instant,
    said: u32,
    unsaid: u64,
}

impl Unsaid {
    /// The number, where there are any.
    pub(crate) fn count(self) -> Option<u64> {
        (self.0 > 0).then_some(self.0)
    }
}

impl Complaints {
    /// Whether a remark of this kind may be made now.
    pub(crate) fn may_say(&self, kind: &'static str) -> Option<Unsaid> {
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
        Some(Unsaid(std::mem::take(&mut window.unsaid)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_few_of_each_kind_are_made_and_the_others_counted() {
        let complaints = Complaints::default();
        let said = (0..100).filter(|_| complaints.may_say("a").is_some()).count();
        assert_eq!((said, complaints.may_say("b").unwrap().count()), (10, None));
        tokio::time::advance(WINDOW).await;
        let counts = [(); 2].map(|()| complaints.may_say("a").unwrap().count());
        assert_eq!(counts, [Some(90), None]);
    }
}
