//! Nobody may write to the store any more, as after a file system was remounted read-only: of nats-server, and then of
//! `saker up`.

use std::path::Path;
use std::time::Duration;

use tests::ledger::Ledger;
use tests::nats_server::NatsServer;

use crate::account::Account;
use crate::disk::Frozen;
use crate::posting::{Poster, Posting, refused};
use crate::solo::Solo;
use crate::stage::{Plan, Stage};
use crate::trial::{Outcome, Trial};

/// What it needs.
const NEEDS: &str = "root, and a file system whose files chattr can make immutable";

/// How many answers that refuse show that nothing can be stored.
const REFUSALS: usize = 5;

pub(super) async fn nats(trial: Trial) -> Outcome {
    let store = trial.directory().join("nats");
    std::fs::create_dir_all(&store).expect("a directory can be made");
    let config = format!("jetstream {{ store_dir: \"{}\" }}", store.display());
    let mut nats = NatsServer::start_with(&config).await;
    let ledger = Ledger::start().await;
    let plan = Plan { settings: "bus: {max_bytes: 1GiB}\n", ..Plan::of(nats.url(), ledger.url()) };
    let mut stage = Stage::start(trial.directory(), &plan).await;
    let events = trial.events(trial.form.pick(40_000, 6_000));
    let posting = Poster::hasty(&stage.urls, trial.form.pick(1_000, 500)).start(&events);
    if !freezes(&posting, &store, &trial).await {
        return Outcome::skipped(NEEDS);
    }
    // It gives up its store for good at the first write that fails, until it is started anew.
    nats.restart().await;
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(120)).await;
    stage.check();
    outcome.remark(refused(&posted))
}

pub(super) async fn local(trial: Trial) -> Outcome {
    let ledger = Ledger::start().await;
    let mut solo = Solo::start(trial.directory(), &ledger.url()).await;
    let events = trial.events(trial.form.pick(40_000, 6_000));
    let posting = Poster::hasty(&solo.urls, trial.form.pick(1_000, 500)).start(&events);
    if !freezes(&posting, &trial.directory().join("store"), &trial).await {
        return Outcome::skipped(NEEDS);
    }
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(120)).await;
    solo.check();
    outcome.remark(refused(&posted))
}

/// Freezes the store amid traffic, until events are refused, and thaws it again. Says whether it could.
async fn freezes(posting: &Posting, store: &Path, trial: &Trial) -> bool {
    posting.goes_on(trial.form.pick(4_000, 800)).await;
    let Some(frozen) = Frozen::freeze(store) else { return false };
    posting.is_refused(REFUSALS).await;
    drop(frozen);
    assert!(!posting.is_done(), "the store must be frozen while events are being posted");
    true
}
