//! The commands, one a file.

mod dlq;
mod eval;
mod kubeconfig;
mod operator_flags;
mod rule_flags;
mod rules;
mod send;
mod sink;
mod up;

use std::fmt;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use service::exit;

pub use send::{Send, SendError};

/// Kubernetes audit events in, alerts out
///
/// Saker takes the audit events of Kubernetes API servers, holds Falco rules against them, and tells people, without
/// losing an event on the way.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
pub struct Command {
    #[command(subcommand)]
    chosen: Chosen,
}

#[derive(Debug, Subcommand)]
enum Chosen {
    Up(up::Up),
    Eval(eval::Eval),
    Rules(rules::Rules),
    Send(Send),
    Sink(sink::Sink),
    Dlq(dlq::Dlq),
    Kubeconfig(kubeconfig::Kubeconfig),
}

impl Command {
    /// Does what the command line says, and returns the code to end with.
    pub async fn run(self) -> ExitCode {
        match self.chosen {
            Chosen::Up(up) => up.run().await,
            Chosen::Eval(eval) => ended(eval.run()),
            Chosen::Rules(rules) => rules.run().await,
            Chosen::Send(send) => ended(send.run().await),
            Chosen::Sink(sink) => sink.run().await,
            Chosen::Dlq(dlq) => dlq.run().await,
            Chosen::Kubeconfig(kubeconfig) => kubeconfig.run(),
        }
    }
}

/// An error is told on stderr and ends with code 1.
fn ended(result: Result<ExitCode, impl fmt::Display>) -> ExitCode {
    result.unwrap_or_else(|error| exit::report(Err(error)))
}
