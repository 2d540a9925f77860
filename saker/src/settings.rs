//! The whole configuration: every section of the file that the three services share.

use std::path::Path;

use bus::{Address, Bus, BusError};
use notifier::SinkSettings;
use serde::{Deserialize, Serialize};
use service::config::{Configuration, OpenMap, Problem, Shape};
use service::{AdminSettings, BusSettings, Endpoint, LogSettings, Shutdown};

/// Where the bus is unless told otherwise.
const DEFAULT_BUS: &str = "local:./saker-data";

/// The whole configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the bus is, and how it keeps messages.
    pub bus: BusSettings,
    /// What is logged.
    pub log: LogSettings,
    /// Where health and metrics are served.
    pub admin: AdminSettings,
    /// The audit webhook.
    pub ingest: ingest::Settings,
    /// The rules.
    pub evaluator: evaluator::Settings,
    /// The sinks.
    pub notifier: notifier::Settings,
}

/// The bus cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is nothing at its address.
    #[error("there is no store at {0}: name the one that `saker up` uses with --bus")]
    NoStore(String),
    /// Another process serves it.
    #[error(
        "{0} is open in another process; is `saker up` running already? A second one needs a --bus of its own"
    )]
    Busy(String),
    /// Any other reason.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The address is none, which the check of the settings finds first.
    #[error(transparent)]
    Address(#[from] bus::AddressError),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bus: BusSettings { address: Endpoint::from(DEFAULT_BUS), ..BusSettings::default() },
            log: LogSettings::default(),
            admin: AdminSettings::default(),
            ingest: ingest::Settings::default(),
            evaluator: evaluator::Settings::default(),
            notifier: notifier::Settings::default(),
        }
    }
}

impl Configuration for Settings {
    fn admin(&self) -> Option<&AdminSettings> {
        Some(&self.admin)
    }

    fn shape() -> Shape {
        Shape::common().open_map(OpenMap::new("notifier.sinks", SinkSettings::models()))
    }

    fn check(&self) -> Vec<Problem> {
        let address = self.bus.address.expose().parse::<Address>().err();
        let address = address.map(|error| Problem::at("bus.address", error.to_string()));
        let ingest = self.ingest.problems().into_iter();
        address
            .into_iter()
            .chain(ingest.map(|(key, text)| Problem::at(&*format!("ingest.{key}"), text)))
            .collect()
    }
}

impl Settings {
    /// Opens the bus, to run services on it, however long a server takes to answer; `None` where a stop was requested
    /// meanwhile.
    ///
    /// # Errors
    /// Where it cannot be opened, or another process holds it.
    pub async fn open_bus(&self, shutdown: &Shutdown) -> Result<Option<Bus>, OpenError> {
        let (address, tuning) = (self.bus.address.expose().parse()?, self.tuning());
        let open = || Bus::open(&address, &tuning);
        service::patiently("the bus", shutdown, BusError::is_transient, open).await.map_err(|error| {
            match error {
                BusError::Busy(store) => OpenError::Busy(store),
                other => other.into(),
            }
        })
    }

    /// Opens the bus for an operator's command, through the running service where there is one. A store that is not
    /// there is not made.
    ///
    /// # Errors
    /// Where there is none, or it cannot be opened.
    pub async fn open_bus_for_operator(&self) -> Result<Bus, OpenError> {
        let address: Address = self.bus.address.expose().parse()?;
        match &address {
            Address::Local(directory) if !Path::new(directory).is_dir() => {
                Err(OpenError::NoStore(directory.display().to_string()))
            }
            _ => Ok(Bus::open_for_operator(&address, &self.tuning()).await?),
        }
    }

    fn tuning(&self) -> bus::Settings {
        let settings = self.bus.clone();
        bus::Settings {
            keep: settings.keep.get(),
            keep_dead_letters: settings.keep_dead_letters.get(),
            max_bytes: settings.max_bytes.bytes(),
            duplicate_window: settings.duplicate_window.get(),
            replicas: settings.replicas,
            credentials_file: settings.credentials_file,
            token: settings.token.map(Into::into),
            timeout: settings.timeout.get(),
        }
    }
}
