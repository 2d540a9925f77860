//! One budget of bytes for all request bodies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use prometheus_client::metrics::gauge::Gauge;

/// The bytes that all bodies together may take.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    free: Arc<AtomicUsize>,
    /// Tells how much is held.
    held: Gauge,
}

/// What one body holds of the budget; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    held: usize,
}

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { free: Arc::new(AtomicUsize::new(bytes)), held: Gauge::default() }
    }

    /// Tells there how much is held.
    pub(crate) fn told_by(self, held: Gauge) -> Self {
        Self { held, ..self }
    }

    /// How many bytes are free now. Nothing keeps them so.
    pub(crate) fn free(&self) -> usize {
        self.free.load(Ordering::Relaxed)
    }

    pub(crate) fn share(&self) -> Share {
        Share { budget: self.clone(), held: 0 }
    }
}

impl Share {
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let take = |free: usize| free.checked_sub(bytes);
        self.budget.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).map_err(|_| Exhausted)?;
        self.budget.held.inc_by(signed(bytes));
        self.held = self.held.saturating_add(bytes);
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.free.fetch_add(self.held, Ordering::Relaxed);
        self.budget.held.dec_by(signed(self.held));
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_exceed_the_budget_and_come_back() {
        let held = Gauge::default();
        let budget = Budget::new(10).told_by(held.clone());
        let (mut one, mut two) = (budget.share(), budget.share());
        assert_eq!((one.grow(6), two.grow(5), two.grow(4)), (Ok(()), Err(Exhausted), Ok(())));
        assert_eq!((budget.free(), held.get()), (0, 10));
        drop(one);
        assert_eq!((budget.free(), two.grow(6)), (6, Ok(())));
        drop(two);
        assert_eq!((budget.free(), held.get()), (10, 0));
    }
}
