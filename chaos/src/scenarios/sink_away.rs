//! Nobody listens where the sink posts to; later somebody does.

use std::time::Duration;

use tests::ledger::Ledger;
use tests::nats_server::NatsServer;
use tests::wait;

use crate::account::Account;
use crate::posting::Poster;
use crate::stage::{Plan, Stage};
use crate::trial::{Outcome, Trial};

pub(super) async fn run(trial: Trial) -> Outcome {
    let events = trial.events(trial.form.pick(60_000, 3_000));
    let away = trial.form.pick(Duration::from_secs(600), Duration::from_secs(10));
    let nats = NatsServer::start().await;
    let ledger = Ledger::start().await;
    let mut stage = Stage::start(trial.directory(), &Plan::of(nats.url(), ledger.url())).await;
    let posting = Poster::hasty(&stage.urls, trial.form.pick(200, 1_000)).start(&events);
    wait::until("alerts arrive", Duration::from_secs(60), || !ledger.is_empty()).await;
    ledger.leave();
    let before = ledger.len();
    tokio::time::sleep(away).await;
    let behind = posting.acknowledged();
    ledger.come_back().await;
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(90)).await;
    stage.check();
    outcome.remark(format!(
        "away for {} s after {before} alerts; {behind} events were acknowledged by then",
        away.as_secs()
    ))
}
