//! The whole configuration: every section of the file that the three services share.

use std::path::Path;

use bus::{Address, Bus, BusError};
use notifier::SinkSettings;
use serde::{Deserialize, Serialize};
use service::config::{Configuration, OpenMap, Problem, Shape};
use service::{AdminSettings, BusSettings, Endpoint, LogSettings, TraceSettings};

/// Where the bus is unless told otherwise.
const DEFAULT_BUS: &str = "local:./saker-data";

/// What an operator's command calls itself towards the bus.
const OPERATOR: &str = "operator";

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
    /// Where traces go.
    pub traces: TraceSettings,
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
            traces: TraceSettings::default(),
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
        let ingest = self.ingest.problems().into_iter();
        let ingest = ingest.map(|(key, text)| Problem::at(&*format!("ingest.{key}"), text));
        let notifier = self.notifier.problems().into_iter();
        let notifier = notifier.map(|(key, text)| Problem::at(&*key, text));
        bus::problems(&self.bus).into_iter().chain(ingest).chain(notifier).collect()
    }
}

impl Settings {
    /// Has the key for redacted values made in the directory of a local store, where none is named: there is one process
    /// then, and it has just opened the store.
    pub fn keep_redaction_key_in_store(&mut self) {
        let redact = &mut self.ingest.redact;
        if let Ok(Address::Local(directory)) = self.bus.address.expose().parse()
            && redact.is_on()
        {
            redact.key_file.get_or_insert_with(|| directory.join("redaction.key"));
        }
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
            _ => Ok(Bus::open_for_operator(&address, &bus::Settings::of(&self.bus, OPERATOR)).await?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingest::redact;

    fn key_file(address: &str, redact: redact::Settings) -> Option<std::path::PathBuf> {
        let mut settings = Settings::default();
        settings.bus.address = Endpoint::from(address);
        settings.ingest.redact = redact;
        settings.keep_redaction_key_in_store();
        settings.ingest.redact.key_file
    }

    #[test]
    fn the_key_lies_in_a_local_store_unless_another_is_named_or_none_is_needed() {
        let stock = redact::Settings::default;
        assert_eq!(key_file("local:x", stock()), Some("x/redaction.key".into()));
        assert_eq!(key_file("nats://n:4222", stock()), None);
        let named = redact::Settings { key_file: Some("k".into()), ..stock() };
        assert_eq!(key_file("local:x", named), Some("k".into()));
        assert_eq!(key_file("local:x", redact::Settings { builtin: Vec::new(), ..stock() }), None);
    }
}
