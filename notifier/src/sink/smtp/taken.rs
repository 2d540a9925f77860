//! Which recipients have a message that others do not have yet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lettre::Address;

/// Of how many messages it is remembered. Of those beyond, a recipient may get one twice.
const REMEMBERED: usize = 1024;

/// Who has got which message, by its id.
#[derive(Debug, Default)]
pub(super) struct Taken {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_id: BTreeMap<String, BTreeSet<String>>,
    order: VecDeque<String>,
}

impl Taken {
    pub(super) fn has(&self, id: &str, address: &Address) -> bool {
        self.known().by_id.get(id).is_some_and(|taken| taken.contains(AsRef::<str>::as_ref(address)))
    }

    pub(super) fn remember(&self, id: &str, address: &Address) {
        let mut known = self.known();
        if !known.by_id.contains_key(id) {
            known.order.push_back(id.to_owned());
        }
        known.by_id.entry(id.to_owned()).or_default().insert(address.to_string());
        while known.order.len() > REMEMBERED {
            if let Some(oldest) = known.order.pop_front() {
                known.by_id.remove(&oldest);
            }
        }
    }

    /// All of its recipients have it, or will never have it.
    pub(super) fn forget(&self, id: &str) {
        let mut known = self.known();
        if known.by_id.remove(id).is_some() {
            known.order.retain(|other| other != id);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_are_remembered() {
        let taken = Taken::default();
        let address: Address = "a@example.com".parse().unwrap();
        for number in 0..=REMEMBERED {
            taken.remember(&number.to_string(), &address);
            taken.remember(&number.to_string(), &address);
        }
        assert!(!taken.has("0", &address));
        assert!(taken.has("1", &address) && !taken.has("1", &"b@example.com".parse().unwrap()));
        taken.forget("1");
        assert!(!taken.has("1", &address));
        let known = taken.known();
        assert_eq!((known.order.len(), known.by_id.len()), (REMEMBERED - 1, REMEMBERED - 1));
    }
}
