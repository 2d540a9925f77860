//! The process shell that every Saker process wears: how it is configured, how it logs, how it is told to stop and
//! how it says that it cannot start, and what it tells of itself. It knows nothing of events, rules or buses.

pub mod admin;
pub mod config;
mod endpoint;
pub mod exit;
pub mod flags;
mod reload;
mod retry;
mod secret;
mod settings;
mod shutdown;
pub mod telemetry;
pub mod units;

pub use endpoint::Endpoint;
pub use reload::Reload;
pub use retry::patiently;
pub use secret::Secret;
pub use settings::{AdminSettings, BusSettings, BusTls, LogFormat, LogSettings};
pub use shutdown::{Shutdown, SignalError};
pub use telemetry::LogLevel;
