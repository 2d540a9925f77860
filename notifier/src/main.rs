//! `notifier` alone: alerts from the bus to people, until it is told to stop.

mod cli;

use std::process::ExitCode;

use bus::Bus;
use notifier::grpc::Grpc;
use notifier::{Monitor, Notifier};
use service::{Process, Reload, exit, flags};

fn main() -> ExitCode {
    match flags::settings::<cli::Flags>() {
        Ok(settings) => exit::report(run(settings)),
        Err(code) => code,
    }
}

#[tokio::main]
async fn run(settings: cli::Settings) -> anyhow::Result<()> {
    let mut process = Process::begin("saker-notifier", &settings.log, &settings.traces)?;
    let reload = Reload::on_signals()?;
    let monitor = Monitor::observed_by(process.admin());
    let process = process.listen(&settings.admin).await?;
    let shutdown = process.shutdown();
    let Some(bus) = Bus::reach(&settings.bus, "notifier", &shutdown).await? else { return Ok(()) };
    process.reached(bus.reachable());
    let grpc = Grpc::bind(&settings.notifier, bus.clone()).await?;
    let grpc = grpc.map(|grpc| grpc.telling(&monitor).reloading_on(reload.another()));
    let read = flags::reader::<cli::Flags>();
    let notifier = Notifier::new(bus.clone(), settings.notifier).telling(monitor);
    let notifier = notifier.reloading_on(reload, move || Ok(read()?.notifier));
    Grpc::serve_while(grpc, notifier.run(shutdown.clone()), shutdown).await?;
    bus.close().await?;
    Ok(())
}
