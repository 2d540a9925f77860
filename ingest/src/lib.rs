//! The audit webhook: request bodies in, chunks of events on the bus.
//!
//! A body is split ([`split`]) without a tree or a copy, packed into chunks ([`batch`]), and answered with 200 only
//! once the bus has stored all of it. What is no event goes to the dead letters.

pub mod batch;
mod body;
mod cluster;
mod connection;
mod dead_letter;
mod memory;
mod monitor;
mod reach;
mod refusal;
mod server;
mod settings;
mod spans;
pub mod split;
mod store;
mod webhook;

pub use cluster::{Cluster, ClusterError};
pub use monitor::Monitor;
pub use reach::Reach;
pub use server::{Ingest, IngestError};
pub use settings::Settings;
