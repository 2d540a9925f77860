//! `saker rules`: the rules that evaluators take from the bus.

mod push;
mod pushed;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Push rules onto the bus, or see which are there
///
/// Evaluators whose `evaluator.rules` name `bus` take the rules that were pushed last, all of them at once and while they
/// run. These commands work while `saker up` runs.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker rules push my_rules.yaml --message 'quiet hours'\n  saker rules pushed"
)]
pub struct Rules {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Push(push::Push),
    Pushed(pushed::ShowPushed),
}

impl Rules {
    /// Does what was asked.
    pub async fn run(self) -> ExitCode {
        match self.action {
            Action::Push(push) => push.run().await,
            Action::Pushed(pushed) => pushed.run().await,
        }
    }
}
