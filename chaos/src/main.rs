//! `saker-chaos`: real processes, real bodies, and faults on purpose. Each scenario ends with four numbers: events
//! acknowledged, alerts lost, alerts doubled, deliveries repeated.

mod account;
mod clock;
mod damage;
mod disk;
mod form;
mod hostile;
mod memory;
mod posting;
mod report;
mod ruleset;
mod scenarios;
mod solo;
mod stage;
mod trial;
mod victims;

use std::process::ExitCode;

use clap::Parser;

use crate::form::Form;
use crate::report::Report;
use crate::scenarios::SCENARIOS;
use crate::trial::Trial;

/// Make everything in the line of services fail, and count what that costs
///
/// Starts real processes on a real bus, posts events as an API server would, breaks things meanwhile, and holds what
/// arrived at a webhook against what `saker eval` expects of the events that were acknowledged. Exits with 1 where an
/// alert is lost or doubled, or a scenario does not come to its end.
#[derive(Debug, Parser)]
#[command(name = "saker-chaos", version)]
struct Arguments {
    /// Which scenarios to run; all where none is named
    #[arg(value_name = "SCENARIO", value_parser = clap::builder::PossibleValuesParser::new(SCENARIOS.iter().map(|scenario| scenario.name)))]
    scenarios: Vec<String>,
    /// Fewer events and shorter outages: some ten minutes for all of them, and not half an hour
    #[arg(long)]
    short: bool,
    /// Say which scenarios there are, and stop
    #[arg(long)]
    list: bool,
    /// What the moments of faults are drawn from; another one each run unless given
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        SCENARIOS.iter().for_each(|scenario| println!("{:<20}{}", scenario.name, scenario.about));
        return ExitCode::SUCCESS;
    }
    // Whoever was first has installed the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let form = if arguments.short { Form::Short } else { Form::Full };
    let seed = arguments.seed.unwrap_or_else(rand::random);
    let is_wanted = |name: &str| {
        arguments.scenarios.is_empty() || arguments.scenarios.iter().any(|wanted| wanted == name)
    };
    let mut report = Report::begin(form, seed);
    for scenario in SCENARIOS.iter().filter(|scenario| is_wanted(scenario.name)) {
        report.run(scenario, Trial::new(scenario.name, form, seed)).await;
    }
    report.end()
}
