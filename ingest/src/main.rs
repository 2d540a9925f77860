//! `ingest` alone: the audit webhook, until it is told to stop.

mod cli;

use std::process::ExitCode;

use ingest::{Ingest, Reach};
use service::admin::{Admin, State};
use service::{Shutdown, exit, flags, telemetry};

fn main() -> ExitCode {
    match flags::settings::<cli::Flags>() {
        Ok(settings) => exit::report(run(settings)),
        Err(code) => code,
    }
}

#[tokio::main]
async fn run(settings: cli::Settings) -> anyhow::Result<()> {
    telemetry::init(&settings.log)?;
    let shutdown = Shutdown::on_signals()?;
    let admin = Admin::new();
    let reaching = admin.health().part("bus");
    let bound = Admin::bind(&settings.admin).await?;
    let _serving = admin.serve(bound, shutdown.clone());
    let reach = Reach::default();
    let ingest = Ingest::bind(&settings.ingest, reach.clone()).await?;
    tracing::info!(address = %ingest.local_addr(), "taking audit events");
    // At once: an API server that finds nobody listening gives its events up sooner than one that is told to wait.
    let serving = tokio::spawn(ingest.serve(shutdown.clone()));
    let connected = cli::connect(&settings.bus, &shutdown).await;
    match &connected {
        Ok(Some(bus)) => {
            reach.reached(bus.clone());
            reaching.set(State::Ready("reached".to_owned()));
        }
        Ok(None) | Err(_) => shutdown.request(),
    }
    serving.await?;
    if let Some(bus) = connected? {
        bus.close().await?;
    }
    Ok(())
}
