//! What the command lines of all Saker processes have in common.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser};

use crate::config::{Configuration, Flag, Problems, Sources};
use crate::{AdminSettings, admin, config, exit};

/// Flags that every service has.
#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// YAML file with settings; all services may share one
    #[arg(long, short, value_name = "FILE", env = "SAKER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where the bus is: local:DIR or nats://HOST:PORT [default: nats://127.0.0.1:4222]
    #[arg(long, value_name = "ADDRESS")]
    pub bus: Option<String>,
    /// What to log on stderr: error, warn, info, debug, trace, or directives as info,bus=debug
    #[arg(long, value_name = "LEVEL")]
    pub log: Option<String>,
    /// Serve health and metrics there: /livez, /readyz, /healthz, /metrics [default: not served]
    #[arg(long, value_name = "ADDRESS")]
    pub admin: Option<String>,
    /// Print the settings that result from file, environment and flags, secrets masked, and stop
    #[arg(long)]
    pub print_config: bool,
    /// Ask the process that runs with these settings whether it is ready, say so, and stop; 0 means that it is
    #[arg(long, conflicts_with = "print_config")]
    pub health: bool,
}

/// A command line that ends in settings.
pub trait CommandLine: Parser {
    /// The settings of the program.
    type Settings: Configuration;

    /// The flags that every service has.
    fn common(&self) -> &Common;

    /// What its own flags set.
    fn flags(&self) -> Vec<Flag> {
        Vec::new()
    }

    /// What all its flags set.
    fn all_flags(&self) -> Vec<Flag> {
        self.common().flags().chain(self.flags()).collect()
    }
}

/// What the command line and the settings ask for.
#[derive(Debug)]
pub enum Start<T> {
    /// To run with these settings.
    Run(T),
    /// Nothing more: what was asked for is said. The code to end with.
    Done(ExitCode),
}

impl Common {
    /// The settings that result from all layers, these flags and `more` on top.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn start<T: Configuration>(
        &self,
        more: impl IntoIterator<Item = Flag>,
    ) -> Result<Start<T>, Problems> {
        let settings: T = config::load(self.sources(more))?;
        if self.health {
            return Ok(Start::Done(health(settings.admin())));
        }
        if !self.print_config {
            return Ok(Start::Run(settings));
        }
        print(&config::to_yaml(&settings));
        Ok(Start::Done(ExitCode::SUCCESS))
    }

    /// Where the settings come from, with these flags and `more` on top.
    pub fn sources(&self, more: impl IntoIterator<Item = Flag>) -> Sources {
        let flags = self.flags().chain(more).collect();
        Sources { flags, ..Sources::of_process(self.config.clone()) }
    }

    fn flags(&self) -> impl Iterator<Item = Flag> {
        let bus = self.bus.as_ref().map(|bus| Flag::new("--bus", "bus.address", bus.as_str()));
        let log = self.log.as_ref().map(|level| Flag::new("--log", "log.level", level.as_str()));
        let admin = self.admin.as_ref().map(|listen| Flag::new("--admin", "admin.listen", listen.as_str()));
        [bus, log, admin].into_iter().flatten()
    }
}

/// The settings of a program whose whole command line is `C`.
///
/// # Errors
/// The code to end with, where there is nothing to run.
pub fn settings<C: CommandLine>() -> Result<C::Settings, ExitCode> {
    let command = parse::<C>()?;
    match command.common().start(command.flags()) {
        Ok(Start::Run(settings)) => Ok(settings),
        Ok(Start::Done(code)) => Err(code),
        Err(problems) => Err(exit::usage(&problems)),
    }
}

/// Reads the settings of a program whose whole command line is `C` anew, as often as it is called: what has changed since
/// is what files hold.
pub fn reader<C: CommandLine>() -> impl Fn() -> Result<C::Settings, Problems> + Send + Sync + 'static {
    let command = C::try_parse();
    let sources = command.map(|command| command.common().sources(command.flags()));
    // A command line that cannot be read has ended the program before.
    let sources = sources.unwrap_or_else(|_| Sources::of_process(None));
    move || config::load(sources.clone())
}

/// Parses the command line. Help goes to stdout; mistakes go to stderr, with the code for wrong usage.
///
/// # Errors
/// The code to end with, where there is nothing to run.
pub fn parse<P: Parser>() -> Result<P, ExitCode> {
    told(P::try_parse())
}

/// As [`parse`], of words that stand for a command line: the program's name, and what follows it.
///
/// # Errors
/// As those of [`parse`].
pub fn parse_words<'w, P: Parser>(words: impl IntoIterator<Item = &'w str>) -> Result<P, ExitCode> {
    told(P::try_parse_from(words))
}

fn told<P>(parsed: Result<P, clap::Error>) -> Result<P, ExitCode> {
    parsed.map_err(|error| {
        let _ = error.print();
        if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS }
    })
}

/// Says how the process is that serves its health there.
fn health(admin: Option<&AdminSettings>) -> ExitCode {
    match admin.map_or(Err(admin::Unready::Nowhere), admin::probe) {
        Ok(()) => {
            print("ready\n");
            ExitCode::SUCCESS
        }
        Err(unready) => exit::report(Err(unready)),
    }
}

/// A reader that has gone has seen enough.
fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}
