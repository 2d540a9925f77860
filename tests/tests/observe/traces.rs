//! One trace follows one body from the webhook to the sinks; the log names it; and a receiver that is away harms nobody.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;
use tests::ledger::Ledger;
use tests::nats_server::NatsServer;
use tests::otlp::{Receiver, Span};
use tests::process::Process;
use tests::wait;

use crate::support::{DEADLINE, RULE, Services, event, free_address, post};

fn config(directory: &Path, traces: &str, webhook: &str, log: &str) -> String {
    let rules = directory.join("rules.yaml");
    std::fs::write(&rules, RULE).unwrap();
    format!(
        "traces: {traces}\nlog: {log}\nevaluator: {{rules: [{}]}}\nnotifier:\n  sinks:\n    stdout: {{type: stdout, enabled: false}}\n    \
         ledger: {{type: webhook, url: '{webhook}'}}\n    file: {{type: file, path: {}}}\n",
        rules.display(),
        directory.join("alerts.log").display()
    )
}

fn parent(trace: &str, flags: &str) -> String {
    format!("traceparent: 00-{trace}-b7ad6b7169203331-{flags}")
}

/// The spans of a trace with that name.
fn named<'a>(spans: &'a [Span], trace: &str, name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.trace == trace && span.name == name).collect()
}

fn attribute<'a>(span: &'a Span, name: &str) -> &'a str {
    span.attributes.get(name).map_or("", String::as_str)
}

/// The one span of that name, which is a child of `parent` and comes from `service`.
fn child<'a>(spans: &'a [Span], parent: &Span, name: &str, service: &str) -> &'a Span {
    let found: Vec<&Span> =
        named(spans, &parent.trace, name).into_iter().filter(|span| span.parent == parent.id).collect();
    let [span] = found.as_slice() else { panic!("{name} below {parent:?}: {found:?} of {spans:#?}") };
    assert_eq!(span.service, service, "{name}");
    span
}

/// Follows the trace of a request to its two sinks; returns the span of the POST to the ledger.
fn follow<'a>(spans: &'a [Span], request: &'a Span, services: [&str; 3]) -> &'a Span {
    let [ingest, evaluator, notifier] = services;
    assert_eq!((request.service.as_str(), request.kind.as_str()), (ingest, "SERVER"));
    assert_eq!(attribute(request, "http.response.status_code"), "Int(200)");
    let send = child(spans, request, "send events", ingest);
    assert_eq!((send.kind.as_str(), attribute(send, "messaging.operation.type")), ("PRODUCER", "Str(send)"));
    let process = child(spans, send, "process events", evaluator);
    assert_eq!(
        (process.kind.as_str(), attribute(process, "messaging.batch.message_count")),
        ("CONSUMER", "Int(1)")
    );
    assert_eq!(
        (attribute(process, "saker.alerts"), attribute(process, "saker.attempt")),
        ("Int(1)", "Int(1)")
    );
    let alert = child(spans, process, "send alerts", evaluator);
    let mut deliveries = named(spans, &request.trace, "process alerts");
    deliveries.sort_by_key(|span| attribute(span, "saker.sink"));
    let told: Vec<_> = deliveries
        .iter()
        .map(|span| (attribute(span, "saker.sink"), attribute(span, "saker.result")))
        .collect();
    assert_eq!(told, [("Str(file)", "Str(delivered)"), ("Str(ledger)", "Str(delivered)")]);
    assert!(
        deliveries.iter().all(|span| span.parent == alert.id && span.service == notifier),
        "{deliveries:?}"
    );
    let [_, ledger] = deliveries.as_slice() else { panic!("{deliveries:?}") };
    let client = child(spans, ledger, "POST", notifier);
    assert_eq!(
        (client.kind.as_str(), attribute(client, "http.response.status_code")),
        ("CLIENT", "Int(200)")
    );
    client
}

/// The line of a JSON log with that message.
fn line(log: &str, message: &str) -> Value {
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    let found = lines.into_iter().find(|line| line["message"] == message);
    found.unwrap_or_else(|| panic!("no line says {message:?}:\n{log}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_follows_a_body_through_three_services() {
    let directory = tempfile::tempdir().unwrap();
    let Some(receiver) = Receiver::start(directory.path()).await else { return };
    let (nats, ledger) = (NatsServer::start().await, Ledger::start_on(free_address(), "/geheim").await);
    let config = config(directory.path(), &receiver.url(), &ledger.url(), "{level: debug, format: json}");
    let mut services = Services::start(&nats.url(), &config, directory.path());
    services.until_ready().await;

    let (asked, unsampled) = ("0af7651916cd43dd8448eb211c80319c", "1af7651916cd43dd8448eb211c80319c");
    for (name, header) in
        [("own", ""), ("asked", &*parent(asked, "01")), ("unsampled", &*parent(unsampled, "00"))]
    {
        assert_eq!(post(services.webhook, "/k8s_audit/prod", header, event(name).as_bytes()).0, 200);
        let arrived = format!("{name}'s alert arrives");
        let count = ledger.len();
        wait::until(&arrived, DEADLINE, || ledger.len() > count || ledger.len() == 3).await;
    }
    wait::until("all alerts arrive", DEADLINE, || ledger.len() == 3).await;
    services.terminate();
    let name = "POST /k8s_audit/{cluster}";
    wait::until("the spans arrive", DEADLINE, || {
        let spans = receiver.spans();
        spans.iter().filter(|span| span.name == "process alerts").count() == 4
            && spans.iter().filter(|span| span.name == name).count() == 2
    })
    .await;
    let spans = receiver.spans();
    let names = ["saker-ingest", "saker-evaluator", "saker-notifier"];
    let requests: Vec<&Span> = spans.iter().filter(|span| span.name == name).collect();
    let own = *requests.iter().find(|span| span.parent.is_empty()).expect("ingest begins a trace");
    let post = follow(&spans, own, names);
    let sent = format!("00-{}-{}-01", post.trace, post.id);
    let told: Vec<_> = ledger.entries().into_values().filter_map(|delivered| delivered.traceparent).collect();
    assert!(told.contains(&sent) && told.len() == 2, "{sent} of {told:?}");
    let [continued] = named(&spans, asked, name)[..] else { panic!("{requests:?}") };
    assert_eq!(continued.parent, "b7ad6b7169203331");
    follow(&spans, continued, names);
    assert!(spans.iter().all(|span| span.trace != unsampled), "what the client does not sample is not");
    assert!(!receiver.output().contains("geheim"), "no span holds a secret");

    // The log names trace and span, and only where there is one.
    let log = services.ingest.process.log();
    let stored = line(&log, "stored a body");
    assert_eq!(
        (stored["trace_id"].as_str(), stored["span_id"].as_str()),
        (Some(&*own.trace), Some(&*own.id))
    );
    assert_eq!(line(&log, "taking audit events")["trace_id"], Value::Null);
}

/// `saker up` over a local store.
fn up(directory: &Path, config: &str) -> (Process, SocketAddr) {
    let (file, listen) = (directory.join("saker.yaml"), free_address());
    std::fs::write(&file, config).unwrap();
    let bus = format!("local:{}", directory.join("data").display());
    let (file, listening) = (file.to_str().unwrap(), listen.to_string());
    let arguments = ["up", "--config", file, "--bus", &bus, "--listen", &listening];
    (Process::start("saker", "saker", directory, &arguments), listen)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_passes_the_local_store_and_the_log_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let Some(receiver) = Receiver::start(directory.path()).await else { return };
    let ledger = Ledger::start().await;
    let (mut saker, webhook) =
        up(directory.path(), &config(directory.path(), &receiver.url(), &ledger.url(), "debug"));
    tests::line::takes_events(webhook).await;
    assert_eq!(post(webhook, "/k8s_audit", "", event("1").as_bytes()).0, 200);
    wait::until("the alert arrives", DEADLINE, || ledger.len() == 1).await;
    assert!(saker.terminate().success(), "{}", saker.log());
    wait::until("the spans arrive", DEADLINE, || {
        receiver.spans().iter().filter(|span| span.name == "process alerts").count() == 2
    })
    .await;
    let spans = receiver.spans();
    let trace =
        &spans.iter().find(|span| span.name == "process events").expect("the chunk was processed").trace;
    let [request] = named(&spans, trace, "POST /k8s_audit")[..] else { panic!("{spans:?}") };
    follow(&spans, request, ["saker"; 3]);
    let log = saker.log();
    let named = format!("trace_id={} span_id={}", request.trace, request.id);
    assert!(
        log.lines().any(|line| line.contains("stored a body") && line.ends_with(&named)),
        "{named}:\n{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_away_holds_nothing_up() {
    let directory = tempfile::tempdir().unwrap();
    let (ledger, nobody) = (Ledger::start().await, free_address());
    let traces = format!("http://{nobody}");
    let (mut saker, webhook) =
        up(directory.path(), &config(directory.path(), &traces, &ledger.url(), "info"));
    tests::line::takes_events(webhook).await;
    for number in 0..50 {
        assert_eq!(post(webhook, "/k8s_audit", "", event(&number.to_string()).as_bytes()).0, 200);
    }
    wait::until("all alerts arrive", DEADLINE, || ledger.len() == 50).await;
    let says = "spans do not reach the OTLP receiver";
    wait::until("it is told", DEADLINE, || saker.log().contains(says)).await;
    let begun = std::time::Instant::now();
    assert!(saker.terminate().success(), "{}", saker.log());
    assert!(begun.elapsed().as_secs() < 15, "the end does not wait for the receiver: {:?}", begun.elapsed());
    assert_eq!(saker.log().matches(says).count(), 1, "it is told once:\n{}", saker.log());
}
