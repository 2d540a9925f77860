//! `saker send` against a receiver that answers as it is told and keeps what it was sent.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

#[derive(Debug, Clone)]
struct Request {
    head: Vec<String>,
    body: String,
}

/// Answers each request with the next of its answers, then always with 200.
struct Receiver {
    url: String,
    received: Arc<Mutex<Vec<Request>>>,
}

impl Receiver {
    fn start(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/k8s_audit", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
        let into = Arc::clone(&received);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (into, answers) = (Arc::clone(&into), Arc::clone(&answers));
                thread::spawn(move || while serve(connection.as_ref().unwrap(), &into, &answers) {});
            }
        });
        Self { url, received }
    }

    fn received(&self) -> Vec<Request> {
        self.received.lock().unwrap().clone()
    }
}

/// Reads a request and answers it; whether there was one.
fn serve(
    connection: &TcpStream,
    into: &Mutex<Vec<Request>>,
    answers: &Mutex<VecDeque<&'static str>>,
) -> bool {
    let mut reader = BufReader::new(connection);
    let lines = reader.by_ref().lines().map(Result::unwrap_or_default);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let length =
        head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let Some(length) = length else { return false };
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    into.lock().unwrap().push(Request { head, body: String::from_utf8(body).unwrap() });
    let answer = answers.lock().unwrap().pop_front().unwrap_or("200 OK\r\n");
    let mut connection = connection;
    // In one piece: parts would wait for each other's acknowledgement.
    connection.write_all(format!("HTTP/1.1 {answer}Content-Length: 2\r\n\r\nhm").as_bytes()).unwrap();
    true
}

fn send(url: &str, file: &str, more: &[&str]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events");
    std::fs::write(&path, file).unwrap();
    Command::new(env!("CARGO_BIN_EXE_saker"))
        .args(["send", "--to", url, "--retry-delay", "1ms"])
        .args(more)
        .arg(&path)
        .output()
        .unwrap()
}

fn summary(output: &Output) -> Value {
    let mut summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let table = summary.as_object_mut().unwrap();
    assert!(table.remove("seconds").unwrap().is_f64() && table.remove("events_per_second").unwrap().is_f64());
    summary
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn event(number: usize) -> String {
    format!(
        "{{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"{number}\",\"stageTimestamp\":\"2026-01-01T00:00:00.000000Z\"}}\n"
    )
}

#[test]
fn requests_look_like_those_of_an_api_server() {
    let receiver = Receiver::start(&[]);
    let output = send(&receiver.url, &(event(1) + &event(2)), &["--token", "geheim"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let requests = receiver.received();
    assert_eq!(requests.len(), 1);
    let mut head = requests[0].head.clone();
    head.retain(|line| !line.to_lowercase().starts_with("host: "));
    head.iter_mut().skip(1).for_each(|line| *line = line.to_lowercase());
    head.sort();
    assert_eq!(
        head,
        [
            "POST /k8s_audit?timeout=30s HTTP/1.1",
            "accept-encoding: gzip",
            "accept: application/json, */*",
            "authorization: bearer geheim",
            "content-length: 202",
            "content-type: application/json",
            "user-agent: go-http-client/1.1",
        ]
    );
    assert_eq!(
        requests[0].body,
        "{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"metadata\":{},\"items\":[\
         {\"auditID\":\"1\",\"stageTimestamp\":\"2026-01-01T00:00:00.000000Z\"},\
         {\"auditID\":\"2\",\"stageTimestamp\":\"2026-01-01T00:00:00.000000Z\"}]}\n"
    );
}

#[test]
fn the_summary_counts_bodies_events_and_repeats() {
    let receiver = Receiver::start(&[]);
    let text: String = (0..401).map(event).collect();
    let output = send(&receiver.url, &text, &["--repeat", "3", "--fresh", "--rate", "100000"]);
    assert_eq!(
        summary(&output),
        json!({"bodies": 6, "events": 1203, "answered_200": 6, "retries": 0, "failed": 0})
    );
    let mut ids: Vec<String> = Vec::new();
    for request in receiver.received() {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        ids.extend(body["items"].as_array().unwrap().iter().map(|item| item["auditID"].to_string()));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1203, "each event has an id of its own");
}

#[test]
fn what_fails_is_tried_again_and_byte_for_byte() {
    let answers =
        ["500 Oops\r\n", "400 Bad\r\n", "503 Busy\r\nRetry-After: 0\r\n", "429 Slow\r\nRetry-After: 0\r\n"];
    let receiver = Receiver::start(&answers);
    let output = send(&receiver.url, &event(1), &["--fresh"]);
    assert_eq!(
        summary(&output),
        json!({"bodies": 1, "events": 1, "answered_200": 1, "retries": 4, "failed": 0})
    );
    let bodies: Vec<String> = receiver.received().into_iter().map(|request| request.body).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

#[test]
fn five_attempts_fail_and_a_retry_after_makes_eleven_of_each() {
    let refuse = |answer: &'static str| Receiver::start(&vec![answer; 100]);
    for (answer, requests) in [
        ("500 Oops\r\n", 5),
        ("302 Found\r\nLocation: /\r\n", 5),
        ("503 Busy\r\nRetry-After: soon\r\n", 5),
        ("503 Busy\r\nRetry-After: 0\r\n", 55),
    ] {
        let receiver = refuse(answer);
        let output = send(&receiver.url, &event(1), &[]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(receiver.received().len(), requests, "{answer}");
        let expected =
            json!({"bodies": 1, "events": 1, "answered_200": 0, "retries": requests - 1, "failed": 1});
        assert_eq!(summary(&output), expected);
        assert!(stderr(&output).contains("a body was not accepted: answered "), "{}", stderr(&output));
    }
}

#[test]
fn nobody_listening_is_said_with_the_reason() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = send(&format!("http://{free}/"), &event(1), &["--attempts", "2"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(summary(&output)["retries"], 1);
    assert!(
        stderr(&output).contains("no answer: ") && stderr(&output).contains("refused"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn what_is_no_event_is_left_out_with_a_warning() {
    let receiver = Receiver::start(&[]);
    let output = send(&receiver.url, &format!("{}nonsense\n{{\"a\":1}}\n{}", event(1), event(2)), &[]);
    assert_eq!(summary(&output)["events"], 2);
    let warnings = stderr(&output);
    assert!(warnings.contains("line 2: not sent: ") && warnings.contains("line 3: not sent: "), "{warnings}");
}

#[test]
fn wrong_usage_says_what_to_do() {
    for (arguments, code, says) in [
        (&["send", "/does/not/exist", "--to", "http://127.0.0.1:1/"][..], 1, "/does/not/exist: No such file"),
        (
            &["send", "-", "--to", "http://127.0.0.1:1/", "--repeat", "2"],
            1,
            "standard input can be sent only once",
        ),
        (&["send", "x", "--to", "127.0.0.1:8765"], 1, "is not a URL: give one as http://"),
        (&["send", "x"], 64, "--to <URL>"),
        (&["send", "x", "--to", "http://a/", "--rate", "0"], 64, "--rate"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_saker")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn bundled_events_take_the_place_of_files() {
    let receiver = Receiver::start(&[]);
    let send = |more: &[&str]| {
        let command = ["send", "--to", &receiver.url, "--bundled"];
        Command::new(env!("CARGO_BIN_EXE_saker")).args(command).args(more).output().unwrap()
    };
    let sent = send(&["--fresh", "--repeat", "2"]);
    assert_eq!(sent.status.code(), Some(0), "{sent:?}");
    let summary: Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert!(summary["events"].as_u64().unwrap() > 400 && summary["bodies"] == 2, "{summary}");
    let bodies: Vec<String> = receiver.received().into_iter().map(|request| request.body).collect();
    assert_ne!(bodies[0], bodies[1], "each time the events are others");

    let both = send(&["audit.log"]);
    assert_eq!(both.status.code(), Some(64), "{both:?}");
    let neither =
        Command::new(env!("CARGO_BIN_EXE_saker")).args(["send", "--to", &receiver.url]).output().unwrap();
    assert_eq!(neither.status.code(), Some(64), "{neither:?}");
}
