//! Clients that mean no good, and one beside them that must not suffer for it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tests::ledger::Ledger;
use tests::nats_server::NatsServer;
use tests::process::run as run_program;

use crate::account::Account;
use crate::hostile::{Attacker, Idle, ODD, flood, slow_bodies, slow_heads};
use crate::memory::peak_mib;
use crate::posting::{Posted, Poster};
use crate::stage::{Plan, Stage};
use crate::trial::{Outcome, Trial};

/// Short waits, and less memory than two bodies of the largest size need.
const SETTINGS: &str = "ingest: {max_body: 192MiB, memory: 256MiB, max_event: 64MiB, header_timeout: 4s, body_timeout: 4s, \
                        request_timeout: 15s}\n";

/// What ingest may take: all bodies together, four times the largest message, which is one event, and what it takes
/// with a thousand connections and nothing to do.
const INGEST_MIB: u64 = 256 + 4 * 64 + 128;

/// What an evaluator may take: the largest event in each of four messages that it is given ahead, read and decoded, and
/// what it takes with its rules and nothing to do.
const EVALUATOR_MIB: u64 = 2 * 4 * 64 + 128;

/// How long the client that means well may wait for an answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// Its events, a slice at a time, for as long as the others are at it.
const SLICE: usize = 2_000;

/// As many files as a process must be able to open, connections among them.
const FILES: usize = 4_096;

const FLOOD: usize = 1_500;

pub(super) async fn run(trial: Trial) -> Outcome {
    if open_files() < FILES {
        return Outcome::skipped(format!("{FILES} open files: ulimit -n {FILES}"));
    }
    let form = trial.form;
    let events = trial.events(form.pick(100_000, 30_000));
    let (nats, ledger) = (NatsServer::start().await, Ledger::start().await);
    let plan = Plan { settings: SETTINGS, ..Plan::of(nats.url(), ledger.url()) };
    let mut stage = Stage::start(trial.directory(), &plan).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let good = tokio::spawn(post_until(stage.urls.clone(), slices(&events), Arc::clone(&is_over)));
    let target = stage.urls[0].trim_start_matches("http://").trim_end_matches("/k8s_audit");
    let target: SocketAddr = target.parse().expect("an address");

    let mut attacker = Attacker::new(target);
    let told = attack(&mut attacker, &trial, &stage).await;
    is_over.store(true, Ordering::Relaxed);
    let mut posted = good.await.expect("posting does not panic");
    let longest = posted.iter().map(|body| body.longest).max().unwrap_or_default();
    let (odd, hostile) = (std::mem::take(&mut attacker.odd), attacker.stored());
    attacker.close(&events, &mut posted);
    let account = Account::of(&events, &posted).beside(ODD);
    let outcome = account.settle(&ledger, Duration::from_secs(90)).await;
    stage.check();

    let memory = [&stage.ingests, &stage.evaluators]
        .map(|processes| processes.iter().map(|process| peak_mib(process.id())).max().unwrap_or_default());
    assert!(memory[0] <= INGEST_MIB, "ingest took {} MiB, and may take {INGEST_MIB}", memory[0]);
    assert!(memory[1] <= EVALUATOR_MIB, "an evaluator took {} MiB, and may take {EVALUATOR_MIB}", memory[1]);
    assert!(longest < ANSWERED_WITHIN, "the client that means well waited for {longest:?}");
    let heard = odd_ones(&odd, &ledger, &nats.url());
    outcome
        .remark(told)
        .remark(format!("{hostile} hostile events stored, and {} odd ones: {heard}", odd.len()))
        .remark(format!("the slowest answer beside it after {:.1} s", longest.as_secs_f64()))
        .remark(format!(
            "memory: ingest {} MiB of {INGEST_MIB}, evaluators {} MiB of {EVALUATOR_MIB}",
            memory[0], memory[1]
        ))
}

/// All that they do, in words.
async fn attack(attacker: &mut Attacker, trial: &Trial, stage: &Stage) -> String {
    let (form, target) = (trial.form, attacker.target);
    let peak = |what: &str| {
        let evaluators = stage.evaluators.iter().map(|process| peak_mib(process.id())).max();
        let ingest = peak_mib(stage.ingests[0].id());
        eprintln!("   after {what}: ingest {ingest} MiB, evaluators {} MiB", evaluators.unwrap_or_default());
    };
    let mut idle = Idle::open(target, 500).await;
    let slow = form.pick(100, 20);
    let slow = tokio::spawn(async move { tokio::join!(slow_bodies(target, slow), slow_heads(target, slow)) });
    peak("idle connections");
    let odd = attacker.odd_events().await;
    attacker.repeated_ids().await;
    let broken = attacker.broken_requests().await;
    attacker.pipelining().await;
    peak("odd events and broken requests");
    let tiny = attacker.tiny_bodies(form).await;
    peak("tiny bodies");
    attacker.large_bodies(form).await;
    peak("large bodies");
    attacker.huge_events().await;
    peak("huge events");
    let (bodies, heads) = slow.await.expect("slow clients are borne for a while only");
    let answered = idle.answered().await;
    assert_eq!(answered, 500, "idle connections are kept for their two minutes");
    drop(idle);
    let answered = flood(target, FLOOD).await;
    assert!(answered > 0 && answered <= 512, "an address has 512 connections, and {answered} were answered");
    peak("a flood of connections");
    format!(
        "500 idle connections, {tiny} tiny bodies, {broken} broken requests, {odd} odd events taken for events, slow \
         bodies borne for {} s and heads for {} s, {answered} of a flood of {FLOOD} connections answered",
        bodies.as_secs(),
        heads.as_secs()
    )
}

/// What became of the events that others may not take for events.
fn odd_ones(odd: &[(String, &str)], ledger: &Ledger, bus: &str) -> String {
    let entries = ledger.entries();
    let has_alerted = |id: &str| entries.values().any(|delivered| delivered.body.contains(id));
    let silent: Vec<&str> = odd.iter().filter(|(id, _)| !has_alerted(id)).map(|(_, what)| *what).collect();
    let (code, letters, stderr) = run_program("saker", &["dlq", "list", "-o", "json", "--bus", bus]);
    assert_eq!(code, Some(0), "dead letters can be listed: {stderr}");
    // What ingest sets aside as no event cannot be replayed as one.
    let is_evaluators = |line: &&str| {
        [r#""code":"not-an-event""#, r#""replayable":true"#].iter().all(|part| line.contains(part))
    };
    let set_aside = letters.lines().filter(is_evaluators).count();
    assert_eq!(
        silent.len(),
        set_aside,
        "what is stored raises an alert or is set aside, and these did not: {silent:?}\n{letters}"
    );
    format!("{} alerted, {set_aside} set aside by evaluators", odd.len() - set_aside)
}

/// The events of a file in slices, each with the number of its first line.
fn slices(events: &Path) -> Vec<(PathBuf, usize)> {
    let text = std::fs::read_to_string(events).expect("the events are there");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let slices = lines.chunks(SLICE).enumerate();
    slices
        .map(|(number, lines)| {
            let path = events.with_file_name(format!("slice-{number}.jsonl"));
            std::fs::write(&path, lines.concat()).expect("a file can be written");
            (path, number * SLICE)
        })
        .collect()
}

async fn post_until(
    urls: Vec<String>,
    slices: Vec<(PathBuf, usize)>,
    is_over: Arc<AtomicBool>,
) -> Vec<Posted> {
    let mut all = Vec::new();
    for (slice, first) in slices {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let posted = Poster::hasty(&urls, 400).start(&slice).finish().await;
        all.extend(posted.into_iter().map(|body| body.moved_by(first)));
    }
    assert!(is_over.load(Ordering::Relaxed), "there must be events for as long as the others are at it");
    all
}

/// How many files a process may have open.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("the system tells, on Linux");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("a limit of files");
    line.split_whitespace().next().and_then(|soft| soft.parse().ok()).unwrap_or(usize::MAX)
}
