//! `saker up` on a local store, killed with -9 at random moments: while it stores, evaluates, delivers, or starts.

use std::time::Duration;

use rand::RngExt;
use tests::ledger::Ledger;

use crate::account::Account;
use crate::posting::Poster;
use crate::solo::Solo;
use crate::trial::{Outcome, Trial};

pub(super) async fn run(mut trial: Trial) -> Outcome {
    let events = trial.events(trial.form.pick(60_000, 4_000));
    let at_least = trial.form.pick(30, 6);
    let (soonest, latest) = trial.form.pick((200, 4_000), (50, 1_500));
    let ledger = Ledger::start().await;
    let mut solo = Solo::start(trial.directory(), &ledger.url()).await;
    let posting = Poster::hasty(&solo.urls, trial.form.pick(1_000, 500)).start(&events);
    let (mut kills, mut unready) = (0, 0);
    while kills < at_least || !posting.is_done() {
        // A moment by chance is the point here, not a condition: some fall into the start before.
        let moment = trial.chance.random_range(soonest..latest);
        let mark = posting.acknowledged();
        tokio::time::sleep(Duration::from_millis(moment)).await;
        unready += usize::from(posting.acknowledged() == mark);
        solo.process.kill_9();
        solo.process.start_again();
        kills += 1;
    }
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(90)).await;
    solo.check();
    outcome.remark(format!("{kills} kills, {unready} of them before the start took events again"))
}
