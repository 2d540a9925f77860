//! curl and openssl, as API servers' stand-ins.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::DEADLINE;

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// An answer as curl saw it.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// 1.1 or 2.
    pub version: String,
    pub head: String,
    pub body: String,
}

/// Runs a program to its end.
pub async fn run(program: &str, arguments: &[&str]) -> Ended {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(DEADLINE, command.output()).await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Posts a body as an API server does, with further arguments of curl; what curl said where there is no answer.
pub async fn post(url: &str, body: &str, arguments: &[&str]) -> Result<Answer, Ended> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("body");
    std::fs::write(&file, body).unwrap();
    let (url, data) = (format!("{url}?timeout=30s"), format!("@{}", file.display()));
    let shape = [
        ["-sS", "-i"],
        ["-w", "\n%{http_version} %{http_code}"],
        ["-H", "User-Agent: Go-http-client/2.0"],
        ["-H", "Accept: application/json, */*"],
        ["-H", "Content-Type: application/json"],
        ["-H", "Accept-Encoding: gzip"],
        ["--data-binary", &data],
    ];
    let all: Vec<&str> =
        shape.as_flattened().iter().copied().chain(arguments.iter().copied()).chain([url.as_str()]).collect();
    let ended = run("curl", &all).await;
    if ended.code != Some(0) {
        return Err(ended);
    }
    let (text, outcome) = ended.stdout.rsplit_once('\n').unwrap();
    let (version, status) = outcome.split_once(' ').unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Ok(Answer {
        status: status.parse().unwrap(),
        version: version.to_owned(),
        head: head.to_lowercase(),
        body: body.to_owned(),
    })
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
