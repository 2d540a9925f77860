//! `evaluator` alone: events from the bus against the rules, until it is told to stop.

mod cli;

use std::process::ExitCode;

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
    let ruleset = evaluator::Ruleset::load(&settings.evaluator)?;
    let Some(bus) = cli::connect(&settings.bus, &shutdown).await? else { return Ok(()) };
    evaluator::run(bus.clone(), ruleset, settings.evaluator, shutdown).await?;
    bus.close().await?;
    Ok(())
}
