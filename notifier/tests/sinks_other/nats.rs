//! Alerts to the subjects of a real nats-server: stored by a stream, once each, through its death; and to subscribers.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bus::{Bus, Start, Stream};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::nats_server::NatsServer;
use crate::support::{Running, open, publish, until};

fn sink(server: &NatsServer, more: Value) -> Value {
    let mut sink = json!({
        "type": "nats", "address": server.url(), "timeout": "2s", "retry": {"initial": "10ms", "max": "100ms"},
    });
    sink.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"sinks": {"bus": sink}})
}

/// A connection that speaks the protocol of NATS by hand.
struct Plain {
    stream: BufReader<TcpStream>,
}

/// A message that arrived.
#[derive(Debug, Clone)]
struct Message {
    subject: String,
    headers: String,
    body: Value,
}

impl Plain {
    async fn to(server: &NatsServer, login: &str) -> Self {
        let address = server.url().strip_prefix("nats://").unwrap().to_owned();
        let mut plain = Self { stream: BufReader::new(TcpStream::connect(address).await.unwrap()) };
        plain.line().await;
        plain
            .say(&format!(
                "CONNECT {{\"headers\":true,\"no_responders\":true,\"verbose\":false{login}}}\r\nPING\r\n"
            ))
            .await;
        assert_eq!(plain.line().await, "PONG");
        plain
    }

    async fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    async fn subscribe(&mut self, subject: &str) {
        self.say(&format!("SUB {subject} 1\r\nPING\r\n")).await;
        assert_eq!(self.line().await, "PONG");
    }

    async fn message(&mut self) -> Message {
        let line = loop {
            match self.line().await {
                ping if ping == "PING" => self.say("PONG\r\n").await,
                info if info.starts_with("INFO ") => {}
                line => break line,
            }
        };
        let words: Vec<&str> = line.split(' ').collect();
        let total: usize =
            words.last().and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{line}"));
        let head: usize = match words[0] {
            "HMSG" => words[words.len() - 2].parse().unwrap(),
            "MSG" => 0,
            other => panic!("{other}"),
        };
        let mut bytes = vec![0; total + 2];
        self.stream.read_exact(&mut bytes).await.unwrap();
        Message {
            subject: words[1].to_owned(),
            headers: String::from_utf8(bytes[..head].to_vec()).unwrap(),
            body: serde_json::from_slice(&bytes[head..total]).unwrap_or_default(),
        }
    }

    /// Asks JetStream.
    async fn ask(&mut self, subject: &str, question: Value) -> Value {
        let (question, subject) = (question.to_string(), format!("$JS.API.{subject}"));
        self.say(&format!("SUB answer 9\r\nPUB {subject} answer {}\r\n{question}\r\n", question.len())).await;
        let answer = self.message().await.body;
        self.say("UNSUB 9\r\n").await;
        answer
    }

    async fn make_stream(&mut self) {
        let stream = json!({"name": "ALERTS", "subjects": ["falco.>"], "storage": "file"});
        let made = self.ask("STREAM.CREATE.ALERTS", stream).await;
        assert!(made["error"].is_null(), "{made}");
    }

    /// How many messages the stream holds.
    async fn stored(&mut self) -> u64 {
        self.ask("STREAM.INFO.ALERTS", json!({})).await["state"]["messages"].as_u64().unwrap_or(0)
    }
}

impl Plain {
    /// Waits until the stream holds so many.
    async fn has_stored(&mut self, count: u64) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.stored().await < count {
            assert!(Instant::now() < deadline, "waited in vain until {count} are stored");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_comes_late_has_each_alert_once_through_the_death_of_its_server() {
    let directory = tempfile::tempdir().unwrap();
    let mut server =
        NatsServer::start_with("jetstream { store_dir: \"{store}\", sync_interval: always }").await;
    let bus = open(directory.path()).await;
    let running = Running::start(&bus, sink(&server, json!({})));
    publish(&bus, 0..2000).await;
    until("it was tried without a stream", async || {
        let status = bus.status(Stream::Alerts).await.unwrap();
        status.consumers.iter().any(|consumer| consumer.redelivered > 0).then_some(())
    })
    .await;
    let mut plain = Plain::to(&server, "").await;
    plain.make_stream().await;
    plain.has_stored(100).await;
    server.kill();
    publish(&bus, 2000..2100).await;
    server.restart().await;
    let mut plain = Plain::to(&server, "").await;
    let before = plain.stored().await;
    assert!(before < 2100, "it was killed too late");
    plain.has_stored(2100).await;
    until("all are settled", async || {
        let status = bus.status(Stream::Alerts).await.unwrap();
        status.consumers.iter().all(|consumer| consumer.pending + consumer.unsettled == 0).then_some(())
    })
    .await;
    assert_eq!(plain.stored().await, 2100, "each once, by its Nats-Msg-Id");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_get_falcos_json_on_the_subject_of_the_rule() {
    let directory = tempfile::tempdir().unwrap();
    let config = "authorization { users: [{ user: saker, password: geheim }] }";
    let server = NatsServer::start_with(config).await;
    let bus = open(directory.path()).await;
    let mut plain = Plain::to(&server, r#","user":"saker","pass":"geheim""#).await;
    plain.subscribe("alerts.>").await;
    let settings = json!({
        "acknowledged": false, "user": "saker", "password": "geheim", "subject": "alerts.<cluster>.<priority>.<rule>",
    });
    let running = Running::start(&bus, sink(&server, settings));
    publish(&bus, 0..100).await;
    let mut ids = BTreeSet::new();
    for _ in 0..100 {
        let message = plain.message().await;
        assert_eq!(message.subject, "alerts.prod.warning.r");
        let id = message.body["uuid"].as_str().unwrap().to_owned();
        assert!(message.headers.contains(&format!("Nats-Msg-Id: {id}\r\n")), "{}", message.headers);
        ids.insert(id);
    }
    assert_eq!(ids.len(), 100);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_will_never_take_is_a_dead_letter_and_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let server = NatsServer::start_with("jetstream { store_dir: \"{store}\" }\nmax_payload: 1KB").await;
    let bus: Bus = open(directory.path()).await;
    let mut plain = Plain::to(&server, "").await;
    plain.make_stream().await;
    let running = Running::start(&bus, sink(&server, json!({})));
    let mut long = crate::support::alert(1, proto::alerts::v1::Priority::Warning);
    long.message = "x".repeat(2000);
    bus.publish(&long).await.unwrap();
    publish(&bus, 2..5).await;
    plain.has_stored(3).await;
    until("it is a dead letter", async || {
        (bus.status(Stream::DeadLetters).await.unwrap().messages == 1).then_some(())
    })
    .await;
    let letter = bus.dead_letters().list(Start::Earliest).await.unwrap().next().await.unwrap().unwrap();
    assert!(letter.message.reason.contains("and the server takes 1024"), "{}", letter.message.reason);
    running.stop().await;
}
