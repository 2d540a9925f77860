//! Mail to a real server, aiosmtpd: encrypted in each way, refused for one of several, and away for a while.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use bus::{Start, Stream};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::certificates::Certificates;
use crate::nats_server::unused_port;
use crate::programs::{self, Program};
use crate::support::{Running, alert, open, publish, until};

struct MailServer {
    packages: PathBuf,
    directory: PathBuf,
    mode: &'static str,
    port: u16,
    program: Program,
}

impl MailServer {
    /// Starts one, where it is there.
    async fn start(directory: &Path, mode: &'static str) -> Option<Self> {
        let packages = programs::find(&[&programs::tool("aiosmtpd")])?;
        let port = unused_port();
        let program = launch(&packages, directory, mode, port);
        let server = Self { packages, directory: directory.to_owned(), mode, port, program };
        server.ready().await;
        Some(server)
    }

    async fn restart(&mut self) {
        self.program = launch(&self.packages, &self.directory, self.mode, self.port);
        self.ready().await;
    }

    async fn ready(&self) {
        until("the mail server listens", async || {
            self.program.assert_alive();
            TcpStream::connect(("127.0.0.1", self.port)).await.ok()
        })
        .await;
    }

    fn messages(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.directory.join("mail")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits until messages of so many alerts are there.
    async fn has(&self, count: usize) -> Vec<Value> {
        until("all mail is there", async || {
            let messages = self.messages();
            let ids: BTreeSet<&str> = messages.iter().map(message_id).collect();
            (ids.len() >= count).then_some(messages)
        })
        .await
    }

    fn sink(&self, more: Value) -> Value {
        let mut sink = json!({
            "type": "smtp", "host": "127.0.0.1", "port": self.port, "timeout": "5s", "hello": "saker.test",
            "from": "Säker <saker@example.com>", "to": ["Jörg <ops@example.com>"],
            "retry": {"initial": "10ms", "max": "100ms"},
        });
        sink.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"sinks": {"mail": sink}})
    }
}

fn launch(packages: &Path, directory: &Path, mode: &str, port: u16) -> Program {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sinks_other/mail_server.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(port.to_string()).arg(directory.join("mail")).arg(mode);
    command.args([directory.join("server.pem"), directory.join("server.key")]).env("PYTHONPATH", packages);
    Program::start(&mut command, &directory.join("log"))
}

fn message_id(message: &Value) -> &str {
    message["headers"]["Message-ID"].as_str().unwrap()
}

fn assert_shape(message: &Value, number: usize) {
    let headers = &message["headers"];
    let id = alert(number, proto::alerts::v1::Priority::Warning).id;
    assert_eq!(message_id(message), format!("<{id}@example.com>"));
    assert_eq!(headers["Subject"], "[Warning] R (prod)");
    assert_eq!(headers["From"], "Säker <saker@example.com>");
    assert_eq!(headers["To"], "Jörg <ops@example.com>");
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    assert!(message["count"].as_object().unwrap().values().all(|count| count == 1), "{message}");
    assert!(
        message["plain"].as_str().unwrap().contains(&format!("ka.user.name: user-{number}")),
        "{message}"
    );
    assert!(message["html"].as_str().unwrap().contains(&format!("<td>user-{number}</td>")), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_each_encryption() {
    for (mode, authentication) in [("starttls", "plain"), ("implicit", "login"), ("none", "")] {
        let directory = tempfile::tempdir().unwrap();
        let certificates = Certificates::make(directory.path());
        let Some(server) = MailServer::start(directory.path(), mode).await else { return };
        let bus = open(directory.path()).await;
        let sink = match authentication {
            "" => server.sink(json!({"encryption": "none", "concurrency": 1})),
            authentication => server.sink(json!({
                "encryption": mode, "tls": {"ca": certificates.ca}, "user": "saker", "password": "geheim",
                "authentication": authentication, "concurrency": 1,
            })),
        };
        let running = Running::start(&bus, sink);
        publish(&bus, 0..20).await;
        let messages = server.has(20).await;
        assert_eq!(messages.len(), 20, "each once");
        for (number, message) in messages.iter().enumerate() {
            assert_shape(message, number);
            let is_safe = (message["encrypted"] == true, message["authenticated"] == true);
            assert_eq!(is_safe, (mode != "none", mode != "none"));
        }
        let connections: BTreeSet<String> =
            messages.iter().map(|message| message["peer"].to_string()).collect();
        assert_eq!(connections.len(), 1, "a session is kept");
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_trusted_or_refuses_the_password_gets_nothing_and_later_all() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = Certificates::make(directory.path());
    let Some(server) = MailServer::start(directory.path(), "starttls").await else { return };
    let bus = open(directory.path()).await;
    publish(&bus, 0..3).await;
    let stranger = tempfile::tempdir().unwrap();
    let other = Certificates::make(stranger.path());
    for wrong in [
        json!({"tls": {"ca": other.ca}, "user": "saker", "password": "geheim"}),
        json!({"tls": {"ca": certificates.ca}, "user": "saker", "password": "falsch"}),
    ] {
        let running = Running::start(&bus, server.sink(wrong));
        until("it was tried", async || {
            let status = bus.status(Stream::Alerts).await.unwrap();
            status.consumers.iter().any(|consumer| consumer.redelivered > 0).then_some(())
        })
        .await;
        running.stop().await;
    }
    assert_eq!(server.messages().len(), 0);
    let right = json!({"tls": {"ca": certificates.ca}, "user": "saker", "password": "geheim"});
    let running = Running::start(&bus, server.sink(right));
    assert_eq!(server.has(3).await.len(), 3);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_have_it_do_not_get_it_again_for_one_who_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let Some(server) = MailServer::start(directory.path(), "none").await else { return };
    let bus = open(directory.path()).await;
    let to = ["ops@example.com", "slow@example.com", "gone@example.com"];
    let running = Running::start(&bus, server.sink(json!({"encryption": "none", "to": to})));
    publish(&bus, 0..5).await;
    server.has(5).await;
    std::fs::write(directory.path().join("mail.ok"), "").unwrap();
    until("the slow one has all, too", async || (server.messages().len() >= 10).then_some(())).await;
    let mut letters = bus.dead_letters().list(Start::Earliest).await.unwrap();
    until("the refusals are told", async || {
        let status = bus.status(Stream::DeadLetters).await.unwrap();
        (status.messages >= 5).then_some(())
    })
    .await;
    let letter = letters.next().await.unwrap().unwrap();
    let expected = "the server refused it for gone@example.com: permanent error (550): 5.1.1 no such user";
    assert_eq!(letter.message.reason, expected);
    let mut got: Vec<String> = server.messages().iter().map(|message| message["rcpt"].to_string()).collect();
    got.sort();
    let one = |name: &str| vec![format!("[\"{name}@example.com\"]"); 5];
    assert_eq!(got, [one("ops"), one("slow")].concat());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_killed_and_away_for_a_while_gets_all() {
    let directory = tempfile::tempdir().unwrap();
    let Some(mut server) = MailServer::start(directory.path(), "none").await else { return };
    let bus = open(directory.path()).await;
    let running = Running::start(&bus, server.sink(json!({"encryption": "none"})));
    publish(&bus, 0..300).await;
    server.has(20).await;
    server.program.kill();
    let before = server.messages().len();
    assert!(before < 300, "it was killed too late");
    publish(&bus, 300..320).await;
    server.restart().await;
    let twice = server.has(320).await.len() - 320;
    assert!(twice <= 4, "{twice} came twice: more than were under way when it was killed");
    running.stop().await;
}
