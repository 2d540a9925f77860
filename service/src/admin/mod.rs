//! The admin listener: health and metrics of a process over HTTP, for those who run it.
//!
//! Everything is a value that is handed down: whoever has something to tell takes a [`Part`] of the health and registers
//! metrics before the listener starts.

pub mod buckets;
mod health;
mod probe;
mod server;

use std::io;
use std::net::SocketAddr;

use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

pub use health::{Health, Part, State};
pub use probe::{Unready, probe};

use crate::{AdminSettings, Shutdown};

/// What a process tells of itself.
#[derive(Debug)]
pub struct Admin {
    health: Health,
    registry: Registry,
}

/// The admin listener cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for health and metrics: {error}; choose another address with --admin")]
pub struct AdminError {
    address: SocketAddr,
    error: io::Error,
}

/// An address that is taken, not served yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

/// The admin listener at work, until this is dropped.
#[derive(Debug)]
pub struct Serving(Option<AbortHandle>);

impl Admin {
    /// Of a process in which nothing has anything to tell yet but its version. The names of all metrics begin with
    /// `saker_`.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("saker");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What is running", build);
        Self { health: Health::default(), registry }
    }

    /// How the parts of the process are.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Where metrics are registered, under `saker_SECTION_`.
    pub fn section(&mut self, section: &str) -> &mut Registry {
        self.registry.sub_registry_with_prefix(section)
    }

    /// Takes the address, where the settings name one.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub async fn bind(settings: &AdminSettings) -> Result<Option<Bound>, AdminError> {
        let Some(address) = settings.listen else { return Ok(None) };
        let wrong = |error| AdminError { address, error };
        let listener = TcpListener::bind(address).await.map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        tracing::info!(%address, "health and metrics are served");
        Ok(Some(Bound { listener, address }))
    }

    /// Serves from now on, where there is an address to serve on. Says that it is not ready once a stop is requested.
    /// Needs to be called inside a tokio runtime.
    #[must_use]
    pub fn serve(self, bound: Option<Bound>, shutdown: Shutdown) -> Serving {
        let router = server::router(self.health, self.registry, shutdown);
        Serving(bound.map(|bound| tokio::spawn(server::serve(bound.listener, router)).abort_handle()))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self::new()
    }
}

impl Bound {
    /// The address, with its port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
