//! `evaluator` alone: events from the bus against the rules, until it is told to stop.

mod cli;

use std::process::ExitCode;

use bus::Bus;
use evaluator::{Evaluator, Monitor, Ruleset};
use service::{Process, Reload, exit, flags};

fn main() -> ExitCode {
    match flags::settings::<cli::Flags>() {
        Ok(settings) => exit::report(run(settings)),
        Err(code) => code,
    }
}

#[tokio::main]
async fn run(settings: cli::Settings) -> anyhow::Result<()> {
    let mut process = Process::begin("saker-evaluator", &settings.log, &settings.traces)?;
    let reload = Reload::on_signals()?;
    let ruleset = Ruleset::at_start(&settings.evaluator)?;
    let monitor = Monitor::observed_by(process.admin());
    let process = process.listen(&settings.admin).await?;
    let shutdown = process.shutdown();
    let Some(bus) = Bus::reach(&settings.bus, "evaluator", &shutdown).await? else { return Ok(()) };
    process.reached(bus.reachable());
    let evaluator = Evaluator::new(bus.clone(), settings.evaluator, ruleset);
    evaluator.reloading_on(reload).telling(monitor).run(shutdown).await?;
    bus.close().await?;
    Ok(())
}
