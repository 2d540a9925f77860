//! The audit webhook: request bodies in, chunks of events on the bus.
//!
//! A body is split ([`split`]) without a tree or a copy, its secret values are replaced ([`redact`]), it is packed into
//! chunks ([`batch`]), and answered with 200 only once the bus has stored all of it. What is no event goes to the dead
//! letters.

mod arrivals;
pub mod batch;
mod body;
mod cluster;
mod complaints;
mod connection;
mod dead_letter;
mod door;
mod exposure;
mod fullness;
mod gate;
mod identity;
mod memory;
mod monitor;
mod reach;
pub mod redact;
mod refusal;
mod server;
mod settings;
mod spans;
pub mod split;
mod store;
mod tls;
mod webhook;

pub use cluster::{Cluster, ClusterError};
pub use identity::{CertificateName, CertificateNameError, IdentitySettings};
pub use monitor::Monitor;
pub use reach::Reach;
pub use server::{Ingest, IngestError};
pub use settings::Settings;
pub use tls::TlsSettings;
