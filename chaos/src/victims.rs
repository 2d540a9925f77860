//! Who is killed next.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::rngs::StdRng;
use tests::nats_server::NatsServer;

use crate::stage::Stage;

/// One of the kinds of processes, or all of them at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    Ingest,
    Evaluator,
    Notifier,
    Nats,
    All,
}

const VICTIMS: [Victim; 5] = [Victim::Ingest, Victim::Evaluator, Victim::Notifier, Victim::Nats, Victim::All];

/// How often each was killed.
#[derive(Debug, Default)]
pub(crate) struct Kills(BTreeMap<Victim, usize>);

impl Kills {
    pub(crate) fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// Kills one, each kind in its turn and one of its kind by chance, and starts it again.
    pub(crate) async fn next(&mut self, stage: &mut Stage, nats: &mut NatsServer, chance: &mut StdRng) {
        let victim = VICTIMS[self.total() % VICTIMS.len()];
        let processes = match victim {
            Victim::Ingest => &mut stage.ingests,
            Victim::Evaluator => &mut stage.evaluators,
            Victim::Notifier => &mut stage.notifiers,
            Victim::Nats => {
                nats.kill();
                nats.restart().await;
                return self.count(victim);
            }
            Victim::All => {
                stage.all().for_each(|process| process.kill_9());
                nats.kill();
                nats.restart().await;
                stage.all().for_each(|process| process.start_again());
                return self.count(victim);
            }
        };
        let index = chance.random_range(0..processes.len());
        processes[index].kill_9();
        processes[index].start_again();
        self.count(victim);
    }

    fn count(&mut self, victim: Victim) {
        *self.0.entry(victim).or_default() += 1;
    }

    /// In words.
    pub(crate) fn told(&self) -> String {
        let each = self.0.iter().map(|(victim, count)| format!("{count} {victim:?}").to_lowercase());
        format!("{} kills ({})", self.total(), each.collect::<Vec<_>>().join(", "))
    }
}
