//! `ingest` alone: the audit webhook, until it is told to stop.

mod cli;

use std::process::ExitCode;

use bus::Bus;
use ingest::{Ingest, Monitor, Reach};
use service::{Process, Reload, exit, flags};

fn main() -> ExitCode {
    match flags::settings::<cli::Flags>() {
        Ok(settings) => exit::report(run(settings)),
        Err(code) => code,
    }
}

#[tokio::main]
async fn run(settings: cli::Settings) -> anyhow::Result<()> {
    let mut process = Process::begin("saker-ingest", &settings.log, &settings.traces)?;
    let reload = Reload::on_signals()?;
    let monitor = Monitor::observed_by(process.admin());
    let credentials = process.admin().health().part("credentials");
    let process = process.listen(&settings.admin).await?;
    let (shutdown, reach) = (process.shutdown(), Reach::default());
    let ingest = Ingest::bind(&settings.ingest, reach.clone()).await?;
    let ingest = ingest.telling(monitor).reloading_on(reload, credentials);
    tracing::info!(address = %ingest.local_addr(), "taking audit events");
    // Boxed, since it holds all that connecting takes.
    let connecting = Box::pin(async {
        let Some(bus) = Bus::reach(&settings.bus, "ingest", &shutdown).await? else { return Ok(()) };
        process.reached(bus.reachable());
        reach.reached(bus);
        shutdown.requested().await;
        anyhow::Ok(())
    });
    ingest.serve_while(connecting, shutdown.clone()).await?;
    Ok(reach.close().await?)
}
