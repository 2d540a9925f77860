//! `ingest` alone: the audit webhook, until it is told to stop.

mod cli;

use std::process::ExitCode;

use ingest::{Ingest, Reach};
use service::admin::{Admin, State};
use service::{Reload, Shutdown, exit, flags, telemetry};

fn main() -> ExitCode {
    match flags::settings::<cli::Flags>() {
        Ok(settings) => exit::report(run(settings)),
        Err(code) => code,
    }
}

#[tokio::main]
async fn run(settings: cli::Settings) -> anyhow::Result<()> {
    telemetry::init(&settings.log)?;
    let (shutdown, reload) = (Shutdown::on_signals()?, Reload::on_signals()?);
    let admin = Admin::new();
    let (reaching, credentials) = (admin.health().part("bus"), admin.health().part("credentials"));
    let bound = Admin::bind(&settings.admin).await?;
    let _serving = admin.serve(bound, shutdown.clone());
    let reach = Reach::default();
    let ingest = Ingest::bind(&settings.ingest, reach.clone()).await?.reloading_on(reload, credentials);
    tracing::info!(address = %ingest.local_addr(), "taking audit events");
    // Boxed, since it holds all that connecting takes.
    let connecting = Box::pin(async {
        let Some(bus) = cli::connect(&settings.bus, &shutdown).await? else { return Ok(()) };
        reach.reached(bus.clone());
        reaching.set(State::Ready("reached".to_owned()));
        shutdown.requested().await;
        anyhow::Ok(())
    });
    ingest.serve_while(connecting, shutdown.clone()).await?;
    Ok(reach.close().await?)
}
