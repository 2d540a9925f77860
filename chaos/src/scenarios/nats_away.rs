//! No nats-server for two minutes: ingest says so at once, and the API server comes again.

use std::time::Duration;

use tests::ledger::Ledger;
use tests::nats_server::NatsServer;

use crate::account::Account;
use crate::posting::{Poster, refused};
use crate::stage::{Plan, Stage};
use crate::trial::{Outcome, Trial};

/// How long a request may take, whatever the bus does.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

pub(super) async fn run(trial: Trial) -> Outcome {
    let total = trial.form.pick(100_000, 6_000);
    let events = trial.events(total);
    let away = trial.form.pick(Duration::from_secs(120), Duration::from_secs(8));
    let mut nats = NatsServer::start().await;
    let ledger = Ledger::start().await;
    let settings = trial.form.pick("", "ingest: {retry_after: 1s}\n");
    let plan = Plan { settings, ..Plan::of(nats.url(), ledger.url()) };
    let mut stage = Stage::start(trial.directory(), &plan).await;
    let poster = trial.form.pick(Poster::real(&stage.urls, 500), Poster::hasty(&stage.urls, 600));
    let posting = poster.start(&events);
    posting.goes_on(total / 10).await;
    nats.kill();
    posting.is_refused(1).await;
    let before = posting.acknowledged();
    tokio::time::sleep(away).await;
    assert!(!posting.is_done(), "it must be away while events are being posted");
    let during = posting.acknowledged() - before;
    nats.restart().await;
    let posted = posting.finish().await;
    let longest = posted.iter().map(|body| body.longest).max().unwrap_or_default();
    assert!(longest < ANSWERED_WITHIN, "a request took {longest:?}");
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(120)).await;
    stage.check();
    let lost = posted.iter().filter(|body| !body.is_acknowledged()).count();
    outcome
        .remark(format!("away for {} s, {during} events acknowledged just then", away.as_secs()))
        .remark(refused(&posted))
        .remark(format!("the slowest answer after {:.1} s", longest.as_secs_f64()))
        .remark(format!("{lost} bodies given up by the client"))
}
