//! `saker kubeconfig`: the file that tells an API server where to post.

use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use clap::Args;
use ingest::Cluster;
use reqwest::Url;
use service::exit;

use crate::kubeconfig::{Kubeconfig as Text, Part};
use crate::pem::{self, Certificates, PemError};

/// Print the kubeconfig that makes an API server post its audit events here
///
/// Store it on the API server's machine and name it with --audit-webhook-config-file. All that it needs is put into it,
/// so that one file is enough. docs/install.md goes through it step by step.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker kubeconfig --server http://saker.example:8765 --cluster prod > audit-webhook.yaml\n  saker kubeconfig --server https://saker.example:8765 --ca tls/ca.crt \\\n    --client-certificate tls/prod.crt --client-key tls/prod.key > audit-webhook.yaml"
)]
pub struct Kubeconfig {
    /// The webhook as the API server reaches it; without a path /k8s_audit is meant
    #[arg(long, value_name = "URL", value_parser = url)]
    server: Url,
    /// A name for the events and alerts of the cluster, put behind the URL's path: /k8s_audit/NAME
    #[arg(long, value_name = "NAME")]
    cluster: Option<Cluster>,
    /// Certificates of the authorities whose word for the webhook is taken; without them those that the API server's
    /// machine trusts
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The certificate that the API server shows
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_certificate: Option<PathBuf>,
    /// Its private key
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    client_key: Option<PathBuf>,
    /// The bearer token that the API server shows
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Name these files in it instead of their contents: the API server reads them again when they change, and needs
    /// them at the same paths
    #[arg(long)]
    by_path: bool,
}

/// Shorter tokens are not taken by ingest.
const SHORTEST: usize = 32;

/// What cannot be.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Something in a file.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// A token that is none.
    #[error("{}: {problem}", path.display())]
    Token {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Certificates without TLS.
    #[error("{0} is of use only with TLS: begin the URL of --server with https://")]
    NeedsTls(&'static str),
    /// Two names.
    #[error(
        "the path `{path}` of --server names a cluster already: leave out --cluster {cluster}, or that part"
    )]
    TwoClusters {
        /// The path.
        path: String,
        /// The other name.
        cluster: Cluster,
    },
    /// A path.
    #[error("{}: cannot tell where it is: {error}", path.display())]
    Where {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Kubeconfig {
    /// Prints it.
    pub fn run(self) -> ExitCode {
        match self.text() {
            Ok(text) => {
                let printed = write!(io::stdout().lock(), "{text}");
                for note in self.notes(&text) {
                    let _ = writeln!(io::stderr().lock(), "note: {note}");
                }
                if printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
            }
            Err(failure) => exit::report(Err(failure)),
        }
    }

    fn text(&self) -> Result<Text, Failure> {
        if self.server.scheme() != "https" {
            let useless = [(&self.ca, "--ca"), (&self.client_certificate, "--client-certificate")];
            if let Some((_, flag)) = useless.into_iter().find(|(file, _)| file.is_some()) {
                return Err(Failure::NeedsTls(flag));
            }
        }
        let mut text = Text::plain(self.webhook()?);
        if let Some(path) = &self.ca {
            text.ca = Some(self.part(path, Certificates::read(path)?.text())?);
        }
        if let (Some(certificate), Some(key)) = (&self.client_certificate, &self.client_key) {
            let pair = pem::pair(certificate, key)?;
            text.certificate = Some((self.part(certificate, pair.0.text())?, self.part(key, pair.1.text())?));
        }
        if let Some(path) = &self.token_file {
            text.token = Some(self.part(path, &token(path)?)?);
        }
        Ok(text)
    }

    /// The URL, with the path that is meant and the cluster's name.
    fn webhook(&self) -> Result<String, Failure> {
        let mut url = self.server.clone();
        if url.path() == "/" {
            url.set_path("/k8s_audit");
        }
        let path = url.path().trim_end_matches('/').to_owned();
        if let Some(cluster) = &self.cluster {
            if ["/k8s_audit/", "/k8s-audit/"].iter().any(|start| path.contains(start)) {
                return Err(Failure::TwoClusters { path, cluster: cluster.clone() });
            }
            url.set_path(&format!("{path}/{cluster}"));
        }
        Ok(url.into())
    }

    /// The contents of a file, or where it is.
    fn part(&self, path: &Path, text: &str) -> Result<Part, Failure> {
        if !self.by_path {
            return Ok(Part::Text(text.to_owned()));
        }
        let whole = absolute(path).map_err(|error| Failure::Where { path: path.to_owned(), error })?;
        Ok(Part::File(whole))
    }

    /// What to mind.
    fn notes(&self, text: &Text) -> Vec<&'static str> {
        let is_plain = self.server.scheme() == "http";
        let is_ours = ["/k8s_audit", "/k8s-audit"].iter().any(|path| text.server.contains(path));
        let notes = [
            (
                text.is_secret() && !is_private_file(),
                "it holds a secret: keep it from other users, as by `umask 077` before, or `chmod 600` after",
            ),
            (
                is_plain && text.token.is_some(),
                "over http:// everybody on the way can read the token; use https://",
            ),
            (
                !is_ours,
                "Saker takes events at /k8s_audit; the path of --server is another, which only a proxy can make good",
            ),
        ];
        notes.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note).collect()
    }
}

/// Whether what is printed goes into a file that nobody else may read.
fn is_private_file() -> bool {
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    let metadata = stdout.and_then(|stdout| fs::File::from(stdout).metadata());
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o077 == 0)
}

/// A URL that an API server can post to.
fn url(text: &str) -> Result<Url, String> {
    let Some(url) =
        text.parse::<Url>().ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
    else {
        return Err(format!("`{text}` is not a URL: give one as https://saker.example:8765/k8s_audit"));
    };
    if url.query().is_some() || url.fragment().is_some() {
        return Err("API servers drop what begins with `?` or `#` in it: leave it out".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a user or a password in it: use --token-file, or a client certificate".to_owned());
    }
    Ok(url)
}

/// The token in a file, as an API server would send it.
fn token(path: &Path) -> Result<String, Failure> {
    let failure = |problem: String| Failure::Token { path: path.to_owned(), problem };
    let text = fs::read_to_string(path).map_err(|error| failure(format!("cannot read it: {error}")))?;
    let token = text.trim();
    if token.lines().count() > 1 {
        return Err(failure(
            "it has several lines, and an API server shows one token: put that alone into a file".to_owned(),
        ));
    }
    // RFC 6750, section 2.1.
    if let Some(odd) = token.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._~+/=".contains(*c)) {
        return Err(failure(format!("{odd:?} in it: a token has letters, digits and -._~+/= only")));
    }
    if token.len() < SHORTEST {
        return Err(failure(format!(
            "a token of {} characters could be guessed, Saker takes {SHORTEST} and more: \
             `saker credentials DIR --token NAME` makes one",
            token.len()
        )));
    }
    Ok(token.to_owned())
}
