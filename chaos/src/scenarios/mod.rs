//! What can go wrong: a scenario is one file here and one row of the table.

mod clock_jumps;
mod cluster;
mod disk_full;
mod growth;
mod hostile_clients;
mod kills;
mod local_kills;
mod nats_away;
mod sink_away;
mod sink_faults;
mod store_immutable;
mod torn_files;

use futures::future::{BoxFuture, FutureExt};

use crate::trial::{Outcome, Trial};

/// One thing that goes wrong, and how to make it.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(Trial) -> BoxFuture<'static, Outcome>,
}

/// All of them, in the order in which they are run.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "kills",
        about: "kill -9 of ingest, evaluators, notifier, nats-server and all at once, at random moments",
        run: |trial| kills::run(trial).boxed(),
    },
    Scenario {
        name: "cluster",
        about: "three nats-servers with three replicas: each killed, frozen and restarted in turn",
        run: |trial| cluster::run(trial).boxed(),
    },
    Scenario {
        name: "nats-away",
        about: "no nats-server for two minutes; the poster has the patience of the real client",
        run: |trial| nats_away::run(trial).boxed(),
    },
    Scenario {
        name: "disk-full",
        about: "no room on the disk of nats-server, until it is restarted with some",
        run: |trial| disk_full::nats(trial).boxed(),
    },
    Scenario {
        name: "local-disk-full",
        about: "no room on the disk of `saker up` for a while",
        run: |trial| disk_full::local(trial).boxed(),
    },
    Scenario {
        name: "immutable",
        about: "nothing can be written to the store of nats-server, until it is restarted when it can",
        run: |trial| store_immutable::nats(trial).boxed(),
    },
    Scenario {
        name: "local-immutable",
        about: "nothing can be written to the store of `saker up` for a while",
        run: |trial| store_immutable::local(trial).boxed(),
    },
    Scenario {
        name: "clock-jumps",
        about: "the clocks of all services go hours and days forth and back",
        run: |trial| clock_jumps::nats(trial).boxed(),
    },
    Scenario {
        name: "local-clock-jumps",
        about: "the clock of `saker up` goes hours and days forth and back",
        run: |trial| clock_jumps::local(trial).boxed(),
    },
    Scenario {
        name: "sink-away",
        about: "nobody listens where the sink posts to, for ten minutes",
        run: |trial| sink_away::run(trial).boxed(),
    },
    Scenario {
        name: "sink-faults",
        about: "every second answer of the sink is a 500, a 429, none at all, or a reset",
        run: |trial| sink_faults::run(trial).boxed(),
    },
    Scenario {
        name: "growth",
        about: "services come, go and are restarted one by one, and rules change, with traffic on",
        run: |trial| growth::run(trial).boxed(),
    },
    Scenario {
        name: "local-kills",
        about: "kill -9 of `saker up` on a local store, at random moments",
        run: |trial| local_kills::run(trial).boxed(),
    },
    Scenario {
        name: "torn-files",
        about: "the file of a local store is cut, flipped or padded after a kill",
        run: |trial| torn_files::run(trial).boxed(),
    },
    Scenario {
        name: "hostile-clients",
        about: "clients that post what nobody should, beside one that means well",
        run: |trial| hostile_clients::run(trial).boxed(),
    },
];
