//! The bus as ingest sees it: reached, or not yet. Requests are answered in either case.

use std::sync::{Arc, OnceLock};

use bus::{Bus, BusError};

/// The bus, once it is reached. Until then requests are refused with 503, so that API servers keep their events.
#[derive(Clone, Default)]
pub struct Reach(Arc<OnceLock<Bus>>);

impl Reach {
    /// The bus is reached: from now on bodies are taken. The first one stays.
    pub fn reached(&self, bus: Bus) {
        // Whoever reaches it twice has the same one.
        let _ = self.0.set(bus);
    }

    /// Lets go of the bus, where it was reached.
    ///
    /// # Errors
    /// As [`Bus::close`].
    pub async fn close(&self) -> Result<(), BusError> {
        match self.0.get() {
            Some(bus) => bus.close().await,
            None => Ok(()),
        }
    }

    /// The bus.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] where it is not reached yet.
    pub(crate) fn bus(&self) -> Result<&Bus, BusError> {
        self.0.get().ok_or_else(|| BusError::Unavailable("it has not been reached since the start".into()))
    }
}

impl From<Bus> for Reach {
    fn from(bus: Bus) -> Self {
        Self(Arc::new(OnceLock::from(bus)))
    }
}
