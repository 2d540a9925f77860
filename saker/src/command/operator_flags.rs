//! What all commands of an operator take: where the bus is.

use std::path::PathBuf;

use clap::Args;
use service::config::{Flag, Problems};
use service::flags::{self, Common};

use crate::settings::Settings;

/// Where the bus is.
#[derive(Debug, Args)]
pub(super) struct OperatorFlags {
    /// YAML file with settings
    #[arg(long, short, value_name = "FILE", env = "SAKER_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// Where the bus is [default: local:./saker-data]
    #[arg(long, value_name = "ADDRESS", global = true)]
    bus: Option<String>,
}

impl OperatorFlags {
    /// The settings that result.
    pub(super) fn settings(&self) -> Result<Settings, Problems> {
        self.settings_with([])
    }

    /// The settings that result with further flags.
    pub(super) fn settings_with(&self, more: impl IntoIterator<Item = Flag>) -> Result<Settings, Problems> {
        let common = Common { config: self.config.clone(), bus: self.bus.clone(), ..Common::default() };
        match common.start(more)? {
            flags::Start::Run(settings) => Ok(settings),
            flags::Start::Done(_) => Ok(Settings::default()),
        }
    }
}
