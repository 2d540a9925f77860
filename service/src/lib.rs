//! The process shell that every Saker process wears: how it is configured, how it logs, how it is told to stop and
//! how it says that it cannot start, what it tells of itself, and how it reads PEM files. It knows nothing of events,
//! rules or buses.

pub mod admin;
pub mod config;
pub mod credentials;
mod endpoint;
pub mod exit;
pub mod flags;
mod looks;
pub mod pem;
mod process;
mod reload;
mod retry;
mod secret;
mod settings;
mod shutdown;
pub mod telemetry;
pub mod trace;
mod trace_settings;
pub mod units;

pub use endpoint::Endpoint;
pub use looks::Looks;
pub use process::{Process, ProcessError, Running};
pub use reload::Reload;
pub use retry::patiently;
pub use secret::Secret;
pub use settings::{AdminSettings, BusSettings, BusTls, LogFormat, LogSettings};
pub use shutdown::{Shutdown, SignalError};
pub use telemetry::LogLevel;
pub use trace_settings::{OtlpEndpoint, Share, TraceSettings, TraceSettingsError};
