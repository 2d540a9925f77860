//! [`Bench`]: rulesets on trial side by side, each on a thread of its own, over the same chunks in the same order.

use std::collections::VecDeque;
use std::sync::Arc;

use bus::Stored;
use evaluator::{Findings, Trial};
use proto::events::v1::EventChunk;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;

use super::ReplayError;
use super::past::Past;
use super::tally::Tally;

/// How many chunks are under way at a time.
const AHEAD: usize = 4;

/// The rulesets at work.
pub(super) struct Bench {
    seats: Vec<Seat>,
    /// Given to all, oldest first.
    under_way: VecDeque<Arc<Stored<EventChunk>>>,
}

/// One of them.
struct Seat {
    chunks: Sender<Arc<Stored<EventChunk>>>,
    findings: Receiver<Findings>,
}

impl Bench {
    /// A thread for each.
    pub(super) fn new(trials: impl IntoIterator<Item = Trial>) -> Self {
        Self { seats: trials.into_iter().map(Seat::new).collect(), under_way: VecDeque::new() }
    }

    /// The next chunk, and what each of the rulesets finds in it; `None` behind the last.
    pub(super) async fn next(
        &mut self,
        past: &mut Past,
        tally: &mut Tally,
    ) -> Result<Option<(Arc<Stored<EventChunk>>, Vec<Findings>)>, ReplayError> {
        while self.under_way.len() < AHEAD {
            let Some(chunk) = past.next(tally).await? else { break };
            let chunk = Arc::new(chunk);
            for seat in &self.seats {
                seat.chunks.send(Arc::clone(&chunk)).await.map_err(|_| ReplayError::Died)?;
            }
            self.under_way.push_back(chunk);
        }
        let Some(chunk) = self.under_way.pop_front() else { return Ok(None) };
        let mut found = Vec::with_capacity(self.seats.len());
        for seat in &mut self.seats {
            found.push(seat.findings.recv().await.ok_or(ReplayError::Died)?);
        }
        Ok(Some((chunk, found)))
    }
}

impl Seat {
    fn new(mut trial: Trial) -> Self {
        let (chunks, mut given) = channel::<Arc<Stored<EventChunk>>>(AHEAD);
        let (told, findings) = channel(AHEAD);
        spawn_blocking(move || {
            while let Some(chunk) = given.blocking_recv() {
                if told.blocking_send(trial.judge(&chunk.message)).is_err() {
                    return;
                }
            }
        });
        Self { chunks, findings }
    }
}
