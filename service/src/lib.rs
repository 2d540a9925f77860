//! The process shell that every Saker process wears: how it is configured, how it logs, how it is told to stop and
//! how it says that it cannot start. It knows nothing of events, rules or buses.

pub mod config;
mod endpoint;
pub mod exit;
pub mod flags;
mod retry;
mod secret;
mod settings;
mod shutdown;
pub mod telemetry;
pub mod units;

pub use endpoint::Endpoint;
pub use retry::patiently;
pub use secret::Secret;
pub use settings::{BusSettings, LogFormat, LogSettings};
pub use shutdown::{Shutdown, SignalError};
pub use telemetry::LogLevel;
