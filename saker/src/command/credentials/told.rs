//! What `saker credentials` says: what was made, and the settings and the command that use it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::authority::Validity;

/// One thing that was made: its files, and what they are for.
pub(super) struct Made {
    files: String,
    what: String,
}

/// All that was done.
pub(super) struct Done<'a> {
    /// Where the files are.
    pub directory: &'a Path,
    /// What was made.
    pub made: &'a [Made],
    /// The webhook's host, if it was told.
    pub host: Option<String>,
    /// Whose certificates were made.
    pub clusters: &'a [&'a str],
    /// Whose tokens were made.
    pub tokens: &'a [&'a str],
}

impl Done<'_> {
    /// All clusters, once each.
    fn names(&self) -> BTreeSet<&str> {
        self.clusters.iter().chain(self.tokens).copied().collect()
    }
}

pub(super) fn authority(validity: Validity) -> Made {
    let what = format!("the authority, until {}; with ca.key anybody can be made a cluster", validity.until);
    Made { files: "ca.crt ca.key".to_owned(), what }
}

pub(super) fn server(hosts: &[String], validity: Validity) -> Made {
    let what = format!("the webhook as {}, until {}", hosts.join(", "), validity.until);
    Made { files: "server.crt server.key".to_owned(), what }
}

pub(super) fn client(name: &str, validity: Validity) -> Made {
    let what = format!("the API servers of {name}, until {}", validity.until);
    Made { files: format!("{name}.crt {name}.key"), what }
}

pub(super) fn token(name: &str) -> Made {
    Made { files: format!("{name}.token"), what: format!("the API servers of {name}, without end") }
}

/// All of it as text.
pub(super) fn text(done: &Done<'_>) -> String {
    let mut out = format!("Made in {}:\n", done.directory.display());
    let width = done.made.iter().map(|made| made.files.len()).max().unwrap_or_default();
    for made in done.made {
        out.push_str(&format!("  {:<width$}  {}\n", made.files, made.what));
    }
    out.push_str(&settings(done));
    for name in done.names() {
        let _ = write!(out, "\n{}", kubeconfig(done, name));
    }
    out
}

/// What of saker.yaml uses them.
fn settings(done: &Done<'_>) -> String {
    let directory = std::path::absolute(done.directory).unwrap_or_else(|_| done.directory.to_owned());
    let file = |name: &str| scalar(&directory.join(name).display().to_string());
    let mut lines = vec!["ingest:".to_owned()];
    if done.host.is_some() || !done.clusters.is_empty() {
        lines.push("  tls:".to_owned());
        lines.push(format!("    certificate: {}", file("server.crt")));
        lines.push(format!("    key: {}", file("server.key")));
    }
    if !done.clusters.is_empty() {
        lines.push(format!("    client_ca: {}", file("ca.crt")));
    }
    let names = done.names();
    if !names.is_empty() {
        lines.push("  identities:".to_owned());
    }
    for name in names {
        lines.push(format!("    {}:", scalar(name)));
        if done.clusters.contains(&name) {
            lines.push(format!("      certificate_names: [CN={name}]"));
        }
        if done.tokens.contains(&name) {
            lines.push(format!("      token_file: {}", file(&format!("{name}.token"))));
        }
    }
    lines.iter().fold("\nIn saker.yaml:\n".to_owned(), |out, line| out + "  " + line + "\n")
}

/// As a value of YAML: in quotes unless it is a word like any other.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let means_more = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_plain = begins && text.chars().all(is_word) && !means_more.contains(&text.to_lowercase().as_str());
    if is_plain { text.to_owned() } else { Value::from(text).to_string() }
}

/// The command that makes the kubeconfig, a file that nobody else may read.
fn kubeconfig(done: &Done<'_>, name: &str) -> String {
    let (directory, host) = (done.directory.display(), done.host.as_deref().unwrap_or("HOST"));
    let mut shown = Vec::new();
    // Without an authority here the webhook's certificate is of one that needs no mention, or there is none.
    if done.directory.join("ca.crt").exists() {
        shown.push(format!("--ca {directory}/ca.crt"));
    }
    if done.clusters.contains(&name) {
        shown
            .push(format!("--client-certificate {directory}/{name}.crt --client-key {directory}/{name}.key"));
    }
    if done.tokens.contains(&name) {
        shown.push(format!("--token-file {directory}/{name}.token"));
    }
    format!(
        "For the API servers of {name}:\n  (umask 077; saker kubeconfig --server https://{host}:8765 \\\n    {} > {name}-audit-webhook.yaml)\n",
        shown.join(" \\\n    ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_yaml_would_take_for_something_else_is_in_quotes() {
        for text in ["prod", "/etc/saker/tls/eu-1.prod_2.key"] {
            assert_eq!(scalar(text), text);
        }
        for text in ["1", "1e3", "no", "Null", "C:", "a b", "a#", ".5"] {
            assert_eq!(scalar(text), format!("\"{text}\""));
        }
    }
}
