//! Half of what the sink is sent it refuses, puts off, leaves without an answer, or cuts off.

use std::time::Duration;

use tests::ledger::{Ledger, Mood};
use tests::nats_server::NatsServer;

use crate::account::Account;
use crate::posting::Poster;
use crate::stage::{Plan, Stage};
use crate::trial::{Outcome, Trial};

/// What becomes of a request: every second one is taken. A request that hangs holds up the sink for its whole time
/// limit, so few do.
fn mood(request: usize) -> Mood {
    match request % 64 {
        31 => Mood::Hang,
        odd if odd % 2 == 1 => match odd % 8 {
            1 | 5 => Mood::Refuse(500),
            3 => Mood::ComeAgain(1),
            _ => Mood::Reset,
        },
        _ => Mood::Take,
    }
}

pub(super) async fn run(trial: Trial) -> Outcome {
    let events = trial.events(trial.form.pick(3_000, 600));
    let nats = NatsServer::start().await;
    let ledger = Ledger::start_with(([127, 0, 0, 1], 0).into(), "/", mood).await;
    let mut stage = Stage::start(trial.directory(), &Plan::of(nats.url(), ledger.url())).await;
    let posted = Poster::hasty(&stage.urls, 5_000).start(&events).finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(120)).await;
    stage.check();
    let (requests, taken) = (ledger.requests(), ledger.deliveries());
    outcome.remark(format!("{taken} of {requests} requests taken"))
}
