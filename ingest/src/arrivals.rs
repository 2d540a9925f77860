//! How many connections each address has open, so that one cannot take all of them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Who has connections open; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Arrivals {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
}

/// A connection is open while this lives.
#[derive(Debug)]
pub(crate) struct Place {
    arrivals: Arrivals,
    from: IpAddr,
}

impl Arrivals {
    /// At most so many connections of each address.
    pub(crate) fn new(most: usize) -> Self {
        Self { open: Arc::default(), most }
    }

    /// A place for one more; `None` where the address has too many. All addresses of an IPv6 network of 64 bits count as
    /// one, since whoever has one has all of them.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Place> {
        let from = match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
            address @ IpAddr::V4(_) => address,
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(from).or_default();
        (*count < self.most).then(|| {
            *count += 1;
            Place { arrivals: self.clone(), from }
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.arrivals.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.from) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_so_many() {
        let arrivals = Arrivals::new(2);
        let enter = |address: &str| arrivals.enter(address.parse().unwrap());
        let (one, two) = (enter("10.0.0.1"), enter("::ffff:10.0.0.1"));
        assert!(one.is_some() && two.is_some() && enter("10.0.0.1").is_none());
        let network = (enter("fd00::1"), enter("fd00::2"));
        assert!(network.0.is_some() && network.1.is_some() && enter("fd00::3").is_none());
        assert!(enter("10.0.0.2").is_some());
        drop(one);
        assert!(enter("10.0.0.1").is_some());
        drop((two, network));
        assert!(arrivals.open.lock().unwrap().is_empty(), "nothing is kept of those who went");
    }
}
