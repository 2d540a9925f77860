//! `saker`: parses the command line and runs the command.

use std::process::ExitCode;

use saker::command::Command;

#[tokio::main]
async fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    match service::flags::parse::<Command>() {
        Ok(command) => Box::pin(command.run()).await,
        Err(code) => code,
    }
}
