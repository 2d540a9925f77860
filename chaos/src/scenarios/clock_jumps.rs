//! The clock of the machine is set, forth and back, by hours and by days, with traffic on. nats-server's own goes right:
//! it cannot be preloaded with a library.

use std::time::Duration;

use tests::ledger::Ledger;
use tests::nats_server::NatsServer;

use crate::account::Account;
use crate::clock::Clock;
use crate::posting::{Poster, Posting};
use crate::solo::Solo;
use crate::stage::{Plan, Stage};
use crate::trial::{Outcome, Trial};

/// What it needs.
const NEEDS: &str = "libfaketime, Debian's package of that name";

/// Where the clock goes: further than events are kept, and than ids are remembered.
const JUMPS: [&str; 6] = ["+2h", "-3h", "+3d", "-10d", "+400d", "+0"];

pub(super) async fn nats(trial: Trial) -> Outcome {
    let Some(clock) = Clock::in_directory(trial.directory()) else { return Outcome::skipped(NEEDS) };
    let (nats, ledger) = (NatsServer::start().await, Ledger::start().await);
    let plan = Plan { environment: clock.environment(), ..Plan::of(nats.url(), ledger.url()) };
    let mut stage = Stage::start(trial.directory(), &plan).await;
    let total = trial.form.pick(40_000, 8_000);
    let events = trial.events(total);
    let posting = Poster::hasty(&stage.urls, trial.form.pick(1_000, 600)).start(&events);
    jumps(&posting, &clock, total).await;
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(120)).await;
    stage.check();
    outcome.remark(JUMPS.join(", "))
}

pub(super) async fn local(trial: Trial) -> Outcome {
    let Some(clock) = Clock::in_directory(trial.directory()) else { return Outcome::skipped(NEEDS) };
    let ledger = Ledger::start().await;
    let mut solo = Solo::start_with(trial.directory(), &ledger.url(), &clock.environment()).await;
    let total = trial.form.pick(40_000, 8_000);
    let events = trial.events(total);
    let posting = Poster::hasty(&solo.urls, trial.form.pick(1_000, 600)).start(&events);
    jumps(&posting, &clock, total).await;
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(120)).await;
    solo.check();
    outcome.remark(JUMPS.join(", "))
}

async fn jumps(posting: &Posting, clock: &Clock, total: usize) {
    for jump in JUMPS {
        posting.goes_on(total / 10).await;
        clock.set(jump);
    }
    assert!(!posting.is_done(), "the clock must jump while events are being posted");
}
