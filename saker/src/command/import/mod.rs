//! `saker import`: the configuration of what Saker replaces, as ours.

mod falcosidekick;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Turn the configuration of another program into Saker's
#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, Subcommand)]
enum From {
    Falcosidekick(falcosidekick::Falcosidekick),
}

impl Import {
    pub(super) fn run(&self) -> ExitCode {
        let From::Falcosidekick(falcosidekick) = &self.from;
        falcosidekick.run()
    }
}
