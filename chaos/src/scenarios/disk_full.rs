//! The disk of the store is full: of nats-server, and then of `saker up`.

use std::time::Duration;

use tests::ledger::Ledger;
use tests::nats_server::NatsServer;

use crate::account::Account;
use crate::disk::SmallDisk;
use crate::posting::{Poster, Posting, refused};
use crate::solo::Solo;
use crate::stage::{Plan, Stage};
use crate::trial::{Outcome, Trial};

/// What it needs.
const NEEDS: &str = "root, to mount a small disk";

/// Streams may grow larger than the disk, or it would never be full.
const SETTINGS: &str = "bus: {max_bytes: 1GiB}\n";

/// How many answers that refuse show that the disk is full.
const REFUSALS: usize = 5;

pub(super) async fn nats(trial: Trial) -> Outcome {
    let store = trial.directory().join("disk");
    let Some(disk) = SmallDisk::mount(&store, trial.form.pick(192, 96)) else {
        return Outcome::skipped(NEEDS);
    };
    let config = format!("jetstream {{ store_dir: \"{}\", max_file_store: 10GB }}", store.display());
    let mut nats = NatsServer::start_with(&config).await;
    let ledger = Ledger::start().await;
    let plan = Plan { settings: SETTINGS, ..Plan::of(nats.url(), ledger.url()) };
    let mut stage = Stage::start(trial.directory(), &plan).await;
    let events = trial.events(trial.form.pick(40_000, 6_000));
    let posting = Poster::hasty(&stage.urls, trial.form.pick(1_000, 500)).start(&events);
    fills_up(&posting, &disk, &trial).await;
    // It gives up its store for good at the first write that fails, until it is started anew.
    nats.restart().await;
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(120)).await;
    stage.check();
    outcome.remark(refused(&posted))
}

pub(super) async fn local(trial: Trial) -> Outcome {
    let store = trial.directory().join("store");
    let Some(disk) = SmallDisk::mount(&store, trial.form.pick(384, 192)) else {
        return Outcome::skipped(NEEDS);
    };
    let ledger = Ledger::start().await;
    let mut solo = Solo::start(trial.directory(), &ledger.url()).await;
    let events = trial.events(trial.form.pick(40_000, 6_000));
    let posting = Poster::hasty(&solo.urls, trial.form.pick(1_000, 500)).start(&events);
    fills_up(&posting, &disk, &trial).await;
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(120)).await;
    solo.check();
    outcome.remark(refused(&posted))
}

/// Fills the disk amid traffic, until events are refused, and makes room again.
async fn fills_up(posting: &Posting, disk: &SmallDisk, trial: &Trial) {
    posting.goes_on(trial.form.pick(4_000, 800)).await;
    disk.fill();
    posting.is_refused(REFUSALS).await;
    disk.free();
    assert!(!posting.is_done(), "the disk must be full while events are being posted");
}
