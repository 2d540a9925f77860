//! `saker kubeconfig`: the file that tells an API server where to post.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use reqwest::Url;

use crate::kubeconfig::kubeconfig;

/// Print the kubeconfig that makes an API server post its audit events here
///
/// Store it on the API server's machine and name it with --audit-webhook-config-file. A name behind the path, as in
/// /k8s_audit/prod, labels the events and alerts of that cluster.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  saker kubeconfig --server http://saker.example:8765/k8s_audit/prod > /etc/kubernetes/audit-webhook.yaml"
)]
pub struct Kubeconfig {
    /// The webhook as the API server reaches it
    #[arg(long, value_name = "URL", value_parser = url)]
    server: String,
}

impl Kubeconfig {
    /// Prints it.
    pub fn run(&self) -> ExitCode {
        match io::stdout().lock().write_all(kubeconfig(&self.server).as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        }
    }
}

/// The text itself, if it is a URL that an API server can post to.
fn url(text: &str) -> Result<String, String> {
    match text.parse::<Url>() {
        Ok(url) if ["http", "https"].contains(&url.scheme()) && url.has_host() => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is not a URL: give one as http://saker.example:8765/k8s_audit")),
    }
}
