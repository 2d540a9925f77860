//! One budget of bytes for all request bodies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes that all bodies together may take.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    free: Arc<AtomicUsize>,
}

/// What one of several clients holds of the budget. It may hold as much as it leaves free, so that there is always
/// something left for the others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holder(Arc<AtomicUsize>);

/// What one body holds of the budget; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    holder: Option<Holder>,
    held: usize,
}

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { free: Arc::new(AtomicUsize::new(bytes)) }
    }

    fn free(&self) -> usize {
        self.free.load(Ordering::Relaxed)
    }

    /// Of one client among several, or of whoever it is.
    pub(crate) fn share(&self, holder: Option<&Holder>) -> Share {
        Share { budget: self.clone(), holder: holder.cloned(), held: 0 }
    }
}

impl Share {
    /// How much it could grow now. Nothing keeps it so.
    pub(crate) fn room(&self) -> usize {
        let free = self.budget.free();
        self.holder.as_ref().map_or(free, |holder| free.saturating_sub(holder.held()) / 2)
    }

    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let held = self.holder.as_ref().map_or(0, |holder| holder.add(bytes));
        let take = |free: usize| free.checked_sub(bytes).filter(|left| held <= *left);
        if self.budget.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
            self.holder.iter().for_each(|holder| holder.give_back(bytes));
            return Err(Exhausted);
        }
        self.held = self.held.saturating_add(bytes);
        Ok(())
    }
}

impl Holder {
    fn held(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// What is held with this.
    fn add(&self, bytes: usize) -> usize {
        self.0.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes)
    }

    fn give_back(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.holder.iter().for_each(|holder| holder.give_back(self.held));
        self.budget.free.fetch_add(self.held, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_exceed_the_budget_and_come_back() {
        let budget = Budget::new(10);
        let (mut one, mut two) = (budget.share(None), budget.share(None));
        assert_eq!((one.grow(6), two.grow(5), two.grow(4)), (Ok(()), Err(Exhausted), Ok(())));
        assert_eq!(budget.free(), 0);
        drop(one);
        assert_eq!((budget.free(), two.grow(6)), (6, Ok(())));
        drop(two);
        assert_eq!(budget.free(), 10);
    }

    #[test]
    fn one_of_several_leaves_as_much_as_it_holds() {
        let budget = Budget::new(100);
        let (greedy, modest) = (Holder::default(), Holder::default());
        let mut bodies: Vec<Share> = Vec::new();
        loop {
            let mut body = budget.share(Some(&greedy));
            match body.grow(10) {
                Ok(()) => bodies.push(body),
                Err(Exhausted) => break,
            }
        }
        assert_eq!((bodies.len(), budget.free()), (5, 50));
        let mut other = budget.share(Some(&modest));
        assert_eq!(other.room(), 25);
        assert_eq!((other.grow(26), other.grow(25), other.grow(1)), (Err(Exhausted), Ok(()), Err(Exhausted)));
        drop((bodies, other));
        assert_eq!((budget.free(), greedy.held(), modest.held()), (100, 0, 0));
    }
}
