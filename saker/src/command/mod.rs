//! The commands, one a file.

mod check;
mod code;
mod credentials;
mod dlq;
mod eval;
mod explain;
mod fields;
mod import;
mod kubeconfig;
mod operator_flags;
mod redact;
mod redact_flags;
mod replay;
mod rule_flags;
mod rules;
mod send;
mod silence;
mod since;
mod sink;
mod table;
mod tail;
mod test;
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
    Check(check::Check),
    Eval(eval::Eval),
    Test(test::Test),
    Explain(explain::Explain),
    Rules(rules::Rules),
    Fields(fields::Fields),
    Replay(Box<replay::Replay>),
    Redact(redact::Redact),
    Send(Send),
    Tail(tail::Tail),
    Sink(sink::Sink),
    Silence(silence::Silence),
    Dlq(dlq::Dlq),
    Import(import::Import),
    Credentials(credentials::Credentials),
    Kubeconfig(kubeconfig::Kubeconfig),
    Code(code::Explain),
}

impl Command {
    /// Does what the command line says, and returns the code to end with.
    pub async fn run(self) -> ExitCode {
        match self.chosen {
            // Boxed, since it holds three services.
            Chosen::Up(up) => Box::pin(up.run()).await,
            Chosen::Check(check) => ended(check.run()),
            Chosen::Eval(eval) => ended(eval.run()),
            Chosen::Test(test) => test.run(),
            Chosen::Explain(explain) => ended(explain.run()),
            Chosen::Rules(rules) => rules.run().await,
            Chosen::Fields(fields) => ended(fields.run()),
            Chosen::Replay(replay) => Box::pin(replay.run()).await,
            Chosen::Redact(redact) => ended(redact.run()),
            Chosen::Send(send) => ended(send.run().await),
            Chosen::Tail(tail) => Box::pin(tail.run()).await,
            Chosen::Sink(sink) => sink.run().await,
            Chosen::Silence(silence) => silence.run().await,
            Chosen::Dlq(dlq) => dlq.run().await,
            Chosen::Import(import) => import.run(),
            Chosen::Credentials(credentials) => ended(credentials.run()),
            Chosen::Kubeconfig(kubeconfig) => kubeconfig.run(),
            Chosen::Code(code) => code.run(),
        }
    }
}

/// An error is told on stderr and ends with code 1.
fn ended(result: Result<ExitCode, impl fmt::Display>) -> ExitCode {
    result.unwrap_or_else(|error| exit::report(Err(error)))
}
