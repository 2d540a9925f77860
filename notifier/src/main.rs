//! `notifier` alone: alerts from the bus to people, until it is told to stop.

mod cli;

use std::process::ExitCode;

use bus::Bus;
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
    let Some(bus) = Bus::reach(&settings.bus, "notifier", &shutdown).await? else { return Ok(()) };
    reaching.set(State::Ready("reached".to_owned()));
    notifier::run(bus.clone(), settings.notifier, shutdown).await?;
    bus.close().await?;
    Ok(())
}
