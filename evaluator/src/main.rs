//! `evaluator` alone: events from the bus against the rules, until it is told to stop.

mod cli;

use std::process::ExitCode;

use bus::Bus;
use evaluator::{Evaluator, Monitor, Ruleset};
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
    let ruleset = Ruleset::at_start(&settings.evaluator)?;
    let mut admin = Admin::new();
    let (monitor, reaching) = (Monitor::observed_by(&mut admin), admin.health().part("bus"));
    let bound = Admin::bind(&settings.admin).await?;
    let _serving = admin.serve(bound, shutdown.clone());
    let Some(bus) = Bus::reach(&settings.bus, "evaluator", &shutdown).await? else { return Ok(()) };
    reaching.set(State::Ready("reached".to_owned()));
    let evaluator = Evaluator::new(bus.clone(), settings.evaluator, ruleset);
    evaluator.reloading_on(reload).telling(monitor).run(shutdown).await?;
    bus.close().await?;
    Ok(())
}
