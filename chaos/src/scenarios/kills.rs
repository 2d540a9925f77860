//! `kill -9` at random moments of each service, of nats-server, and of everything at once.

use std::time::Duration;

use rand::RngExt;
use tests::ledger::Ledger;
use tests::nats_server::NatsServer;

use crate::account::Account;
use crate::posting::Poster;
use crate::stage::{Plan, Stage};
use crate::trial::{Outcome, Trial};
use crate::victims::Kills;

/// A chunk of an evaluator that was killed comes again after a minute.
const REDELIVERED_WITHIN: Duration = Duration::from_secs(120);

pub(super) async fn run(mut trial: Trial) -> Outcome {
    let events = trial.events(trial.form.pick(210_000, 6_000));
    let at_least = trial.form.pick(40, 10);
    let (soonest, latest) = trial.form.pick((200, 3_000), (50, 500));
    let mut nats = NatsServer::start().await;
    let ledger = Ledger::start().await;
    let mut stage = Stage::start(trial.directory(), &Plan::of(nats.url(), ledger.url())).await;
    let posting = Poster::hasty(&stage.urls, trial.form.pick(3_000, 1_500)).start(&events);
    let mut kills = Kills::default();
    while kills.total() < at_least || !posting.is_done() {
        // A moment by chance is the point here, not a condition.
        let moment = trial.chance.random_range(soonest..latest);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        kills.next(&mut stage, &mut nats, &mut trial.chance).await;
    }
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, REDELIVERED_WITHIN).await;
    stage.check();
    outcome.remark(kills.told())
}
