//! [`Bus::reach`]: opening the bus as a service does, which may start before the server that it needs.

use service::{BusSettings, Shutdown, patiently};

use crate::{Address, AddressError, Bus, BusError, Settings};

/// The bus cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// The address is none, which the check of the settings finds first.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Another process has it.
    #[error(
        "{0} is open in another process, and a local store serves one: is `saker up` running already? To run services \
         apart, give them --bus nats://HOST:4222"
    )]
    Busy(String),
    /// Any other reason that time does not mend.
    #[error(transparent)]
    Bus(BusError),
}

impl Bus {
    /// Opens the bus for the program `client`, however long that takes; `None` where a stop was requested meanwhile.
    ///
    /// # Errors
    /// Where trying again does not help.
    pub async fn reach(
        section: &BusSettings,
        client: &str,
        shutdown: &Shutdown,
    ) -> Result<Option<Self>, ReachError> {
        let address: Address = section.address.expose().parse()?;
        let settings = Settings::of(section, client);
        // Boxed, since it holds all that connecting takes.
        let open = || Box::pin(Self::open(&address, &settings));
        let opened = patiently("the bus", shutdown, BusError::is_transient, open).await;
        let bus = opened.map_err(|error| match error {
            BusError::Busy(store) => ReachError::Busy(store),
            other => ReachError::Bus(other),
        })?;
        if let Some(durability) = bus.as_ref().and_then(|bus| bus.backend.durability()) {
            durability.tell();
        }
        Ok(bus)
    }
}
