//! Syslog to the real rsyslog, over UDP, TCP and TLS; and to one that is killed meanwhile.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::certificates::Certificates;
use crate::nats_server::unused_port;
use crate::programs::{self, Program};
use crate::support::{Running, open, publish, until};

const OUTPUT: &str = r#"
main_queue(queue.type="direct")
template(name="lines" type="list" option.jsonf="on") {
  property(outname="facility" name="syslogfacility-text" format="jsonf")
  property(outname="severity" name="syslogseverity-text" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="msg" name="msg" format="jsonf")
}
action(type="omfile" file="{directory}/received" template="lines")
"#;

/// A running rsyslog of our own. Dropped, it is killed.
struct Rsyslog {
    binary: PathBuf,
    directory: PathBuf,
    port: u16,
    program: Program,
}

impl Rsyslog {
    /// Starts one, where it is there: `inputs` tells it what to listen to on `{port}`.
    async fn start(directory: &Path, inputs: &str) -> Option<Self> {
        let binary = programs::find(&["/usr/sbin/rsyslogd"])?;
        let port = unused_port();
        let config =
            format!("global(workDirectory=\"{{directory}}\" maxMessageSize=\"64k\")\n{inputs}{OUTPUT}")
                .replace("{port}", &port.to_string())
                .replace("{directory}", directory.to_str().unwrap());
        std::fs::write(directory.join("rsyslog.conf"), config).unwrap();
        let program = launch(&binary, directory);
        let rsyslog = Self { binary, directory: directory.to_owned(), port, program };
        rsyslog.ready().await;
        Some(rsyslog)
    }

    async fn restart(&mut self) {
        self.program = launch(&self.binary, &self.directory);
        self.ready().await;
    }

    async fn ready(&self) {
        let port = self.port;
        until("rsyslog listens", async || {
            self.program.assert_alive();
            let datagrams = UdpSocket::bind(("127.0.0.1", port)).await.is_err();
            (datagrams || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).then_some(())
        })
        .await;
    }

    /// What it has received; a line that is only half there is left out.
    fn received(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.directory.join("received")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits until so many alerts are there, and gives their messages.
    async fn has(&self, count: usize) -> Vec<Value> {
        let all = until("rsyslog has all alerts", async || {
            let received = self.received();
            let ids: BTreeSet<&str> = received.iter().map(alert_id).collect();
            (ids.len() >= count).then_some(received)
        });
        let said = |_| panic!("rsyslog does not have all alerts; it said:\n{}", self.program.said());
        timeout(Duration::from_secs(100), all).await.unwrap_or_else(said)
    }

    fn sink(&self, more: Value) -> Value {
        let mut sink = json!({
            "type": "syslog", "host": "127.0.0.1", "port": self.port, "timeout": "2s",
            "retry": {"initial": "10ms", "max": "100ms"},
        });
        sink.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"sinks": {"siem": sink}})
    }
}

fn launch(binary: &Path, directory: &Path) -> Program {
    let mut command = Command::new(binary);
    command.arg("-n").arg("-f").arg(directory.join("rsyslog.conf")).arg("-i").arg(directory.join("pid"));
    // A killed one leaves its pid behind, and would not start again.
    drop(std::fs::remove_file(directory.join("pid")));
    Program::start(&mut command, &directory.join("log"))
}

fn alert_id(message: &Value) -> &str {
    let data = message["data"].as_str().unwrap();
    data.split_once(" id=\"").unwrap().1.split_once('"').unwrap().0
}

fn assert_shape(message: &Value) {
    assert_eq!(message["facility"], "audit");
    assert_eq!(message["severity"], "warning");
    assert_eq!(
        (&message["host"], &message["app"], &message["msgid"]),
        (&json!("vm"), &json!("saker"), &json!("R"))
    );
    assert_eq!(message["time"], "1970-01-01T00:00:00.000000Z");
    let data = message["data"].as_str().unwrap();
    assert!(data.contains("[fields@32473 ka.user.name=\"user-"), "{data}");
    assert!(message["msg"].as_str().unwrap().contains("Warning alert "), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_udp() {
    let directory = tempfile::tempdir().unwrap();
    let inputs = "module(load=\"imudp\")\ninput(type=\"imudp\" address=\"127.0.0.1\" port=\"{port}\")\n";
    let Some(rsyslog) = Rsyslog::start(directory.path(), inputs).await else { return };
    let bus = open(directory.path()).await;
    let running = Running::start(&bus, rsyslog.sink(json!({"protocol": "udp"})));
    publish(&bus, 0..50).await;
    let received = rsyslog.has(50).await;
    assert_eq!(received.len(), 50);
    received.iter().for_each(assert_shape);
    running.stop().await;
}

const TCP: &str = "module(load=\"imtcp\")\ninput(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\")\n";

#[tokio::test(flavor = "multi_thread")]
async fn over_tcp_in_each_framing_and_format() {
    for framing in ["octet-counting", "newline"] {
        let directory = tempfile::tempdir().unwrap();
        let Some(rsyslog) = Rsyslog::start(directory.path(), TCP).await else { return };
        let bus = open(directory.path()).await;
        let running = Running::start(&bus, rsyslog.sink(json!({"framing": framing})));
        publish(&bus, 0..300).await;
        let received = rsyslog.has(300).await;
        assert_eq!(received.len(), 300, "each once");
        received.iter().for_each(assert_shape);
        running.stop().await;
    }
    for (format, begins) in [("json", "{\"hostname\":\"vm\""), ("cef", "CEF:0|Saker|Saker|")] {
        let directory = tempfile::tempdir().unwrap();
        let Some(rsyslog) = Rsyslog::start(directory.path(), TCP).await else { return };
        let bus = open(directory.path()).await;
        let running = Running::start(&bus, rsyslog.sink(json!({"format": format})));
        publish(&bus, 0..20).await;
        until("all are there", async || (rsyslog.received().len() >= 20).then_some(())).await;
        for message in rsyslog.received() {
            assert!(message["msg"].as_str().unwrap().trim_start().starts_with(begins), "{message}");
        }
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_with_a_certificate_of_our_own() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = Certificates::make(directory.path());
    let inputs = r#"
global(DefaultNetstreamDriver="ossl" DefaultNetstreamDriverCAFile="{directory}/ca.pem"
       DefaultNetstreamDriverCertFile="{directory}/server.pem" DefaultNetstreamDriverKeyFile="{directory}/server.key")
module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/certvalid")
input(type="imtcp" address="127.0.0.1" port="{port}")
"#;
    let Some(rsyslog) = Rsyslog::start(directory.path(), inputs).await else { return };
    let bus = open(directory.path()).await;
    let tls =
        json!({"ca": certificates.ca, "certificate": certificates.client, "key": certificates.client_key});
    let running = Running::start(&bus, rsyslog.sink(json!({"protocol": "tls", "tls": tls})));
    publish(&bus, 0..300).await;
    let received = rsyslog.has(300).await;
    let said = rsyslog.program.said();
    assert_eq!(received.len(), 300, "each once; rsyslog said:\n{said}");
    assert!(
        !said.contains("session id context"),
        "no session is resumed, which rsyslog does not let us:\n{said}"
    );
    received.iter().for_each(assert_shape);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_stopped_and_away_for_a_while_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let Some(mut rsyslog) = Rsyslog::start(directory.path(), TCP).await else { return };
    let bus = open(directory.path()).await;
    publish(&bus, 0..6000).await;
    let running = Running::start(&bus, rsyslog.sink(json!({})));
    until("some are there", async || (rsyslog.received().len() >= 100).then_some(())).await;
    // Asked to: what it has read and not written, nothing but itself can save when it is killed.
    rsyslog.program.stop();
    let before = rsyslog.received().len();
    publish(&bus, 6000..6100).await;
    assert!(before < 6000, "it was stopped too late");
    rsyslog.restart().await;
    let received = rsyslog.has(6100).await;
    let twice = received.len() - 6100;
    assert!(twice <= 64, "{twice} came twice: more than were under way when it was stopped");
    running.stop().await;
}
