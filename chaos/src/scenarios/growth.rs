//! With traffic on: evaluators come and go, two of each of the others share the work, rules change, and everything is
//! restarted one by one.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tests::ledger::Ledger;
use tests::nats_server::NatsServer;
use tests::process::run as run_program;

use crate::account::Account;
use crate::posting::Poster;
use crate::stage::{Plan, Stage};
use crate::trial::{Outcome, Trial};

/// A rule that no event meets: another ruleset, and the same alerts.
const RULE: &str = "- rule: Verb of nobody\n  desc: no event has this verb\n  condition: ka.verb = nobody\n  \
                    output: never\n  priority: NOTICE\n  source: k8s_audit\n";

pub(super) async fn run(trial: Trial) -> Outcome {
    let total = trial.form.pick(100_000, 8_000);
    let events = trial.events(total);
    let mut nats = NatsServer::start().await;
    let ledger = Ledger::start().await;
    let few = Plan::of(nats.url(), ledger.url());
    let plan = Plan { ingests: 2, evaluators: 1, notifiers: 2, ..few };
    let mut stage = Stage::start(trial.directory(), &plan).await;
    let posting = Poster::hasty(&stage.urls, trial.form.pick(1_000, 500)).start(&events);
    let share = total / 12;
    posting.goes_on(share).await;
    (0..3).for_each(|_| stage.add_evaluator());
    posting.goes_on(share).await;
    push(trial.directory(), &nats.url());
    posting.goes_on(share).await;
    stage.evaluators.drain(..2).for_each(|mut evaluator| assert!(evaluator.terminate().success()));
    posting.goes_on(share).await;
    let restarted = stage.all().count() + 1;
    for process in stage.all() {
        assert!(process.terminate().success(), "a graceful stop:\n{}", process.log());
        process.start_again();
        posting.goes_on(share / 2).await;
    }
    nats.restart().await;
    assert!(!posting.is_done(), "all of it must meet traffic");
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(90)).await;
    stage.check();
    let rulesets = rulesets(&ledger).len();
    assert_eq!(rulesets, 2, "alerts of the rules before and after the change");
    outcome
        .remark("2 ingests, 2 notifiers, 1 to 4 evaluators")
        .remark(format!("{rulesets} rulesets, {restarted} graceful restarts"))
}

fn push(directory: &Path, bus: &str) {
    let file = directory.join("more.yaml");
    std::fs::write(&file, RULE).expect("a file can be written");
    let file = file.to_str().expect("an ASCII path");
    let (code, _, stderr) =
        run_program("saker", &["rules", "push", file, "--rules", "builtin", "bus", "--bus", bus]);
    assert_eq!(code, Some(0), "the rules are pushed: {stderr}");
}

/// The digests of the rules that raised what arrived.
fn rulesets(ledger: &Ledger) -> BTreeSet<String> {
    let entries = ledger.entries();
    let digest = |body: &str| {
        let alert: Value = serde_json::from_str(body).expect("an alert");
        alert["output_fields"]["saker.ruleset"].to_string()
    };
    entries.values().map(|delivered| digest(&delivered.body)).collect()
}
