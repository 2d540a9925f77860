//! The one thread that writes: it takes all that waits, puts it into one transaction, and answers once that is on
//! disk. The slower the disk, the more callers share each sync.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use super::batch::{Batch, Effects, Limits};
use super::disk::{Disk, Fault};
use crate::{BusError, Stream};

/// What one transaction takes, at the most.
const GROUP: usize = 2048;
/// How many bytes of messages one transaction takes, but for one message that is larger.
const GROUP_BYTES: usize = 16 << 20;

/// A write that waits for its transaction.
pub(super) struct Queued {
    pub(super) work: Box<dyn Work>,
    pub(super) bytes: usize,
    /// Its share of the room for waiting writes, given back when it is answered.
    pub(super) room: OwnedSemaphorePermit,
}

/// What waits for the writer.
pub(super) enum Order {
    Write(Queued),
    /// Finish and go.
    Stop,
}

/// Something to be written, and somebody who waits for it.
pub(super) trait Work: Send {
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault>;
    fn answer(&mut self, committed: Result<(), BusError>);
}

/// A closure as [`Work`].
pub(super) struct Job<T, F> {
    run: Option<F>,
    value: Option<T>,
    reply: Option<oneshot::Sender<Result<T, BusError>>>,
}

/// What the streams and keys were last seen to be, for those who wait for more.
pub(super) struct Heads {
    events: watch::Sender<u64>,
    alerts: watch::Sender<u64>,
    dead_letters: watch::Sender<u64>,
    /// Counts the transactions that wrote keys.
    pub(super) keys: watch::Sender<u64>,
}

/// The thread's state.
pub(super) struct Writer {
    pub(super) disk: Arc<Disk>,
    pub(super) heads: Arc<Heads>,
    pub(super) limits: Limits,
}

impl Writer {
    /// Writes until told to stop, or nobody can ask any more.
    pub(super) fn run(self, mut orders: mpsc::Receiver<Order>) {
        let mut left_over = None;
        loop {
            let first = match left_over.take() {
                Some(queued) => queued,
                None => match orders.blocking_recv() {
                    Some(Order::Write(queued)) => queued,
                    Some(Order::Stop) | None => return,
                },
            };
            let (group, rest) = gather(first, &mut orders);
            self.commit(group);
            match rest {
                Some(Order::Write(queued)) => left_over = Some(queued),
                Some(Order::Stop) => return,
                None => {}
            }
        }
    }

    fn commit(&self, mut group: Vec<Queued>) {
        let mut effects = Effects::default();
        let committed = self.disk.write(|txn| {
            let mut batch = Batch::open(txn, self.limits, &mut effects)?;
            group.iter_mut().try_for_each(|queued| queued.work.run(&mut batch))?;
            batch.finish()
        });
        self.tell(&effects, committed.is_ok());
        if let Err(error) = &committed {
            tracing::error!(%error, writes = group.len(), "the store could not be written");
        }
        for Queued { mut work, room, .. } in group {
            work.answer(committed.clone());
            drop(room);
        }
    }

    fn tell(&self, effects: &Effects, is_committed: bool) {
        for (durable, sequences) in effects.settling.values() {
            if is_committed {
                durable.settled(sequences);
            } else {
                durable.not_settled(sequences);
            }
        }
        if !is_committed {
            return;
        }
        for (stream, sequence) in &effects.heads {
            self.heads.of(*stream).send_replace(*sequence);
        }
        if effects.keys_changed {
            self.heads.keys.send_modify(|count| *count += 1);
        }
    }
}

/// What waits now, within the bounds of a transaction, and what came next and did not fit.
fn gather(first: Queued, orders: &mut mpsc::Receiver<Order>) -> (Vec<Queued>, Option<Order>) {
    let mut bytes = first.bytes;
    let mut group = vec![first];
    while group.len() < GROUP && bytes < GROUP_BYTES {
        match orders.try_recv() {
            Ok(Order::Write(queued)) if bytes + queued.bytes > GROUP_BYTES => {
                return (group, Some(Order::Write(queued)));
            }
            Ok(Order::Write(queued)) => {
                bytes += queued.bytes;
                group.push(queued);
            }
            Ok(Order::Stop) => return (group, Some(Order::Stop)),
            Err(_) => break,
        }
    }
    (group, None)
}

impl Heads {
    pub(super) fn new(last_sequence: impl Fn(Stream) -> u64) -> Self {
        let head = |stream| watch::Sender::new(last_sequence(stream));
        Self {
            events: head(Stream::Events),
            alerts: head(Stream::Alerts),
            dead_letters: head(Stream::DeadLetters),
            keys: watch::Sender::new(0),
        }
    }

    /// The last sequence number of a stream.
    pub(super) fn of(&self, stream: Stream) -> &watch::Sender<u64> {
        match stream {
            Stream::Events => &self.events,
            Stream::Alerts => &self.alerts,
            Stream::DeadLetters => &self.dead_letters,
        }
    }
}

impl<T, F> Job<T, F> {
    /// The job, and where its answer will come.
    pub(super) fn new(run: F) -> (Self, oneshot::Receiver<Result<T, BusError>>) {
        let (reply, answer) = oneshot::channel();
        (Self { run: Some(run), value: None, reply: Some(reply) }, answer)
    }
}

impl<T, F> Work for Job<T, F>
where
    T: Send,
    F: FnOnce(&mut Batch<'_>) -> Result<T, Fault> + Send,
{
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        if let Some(run) = self.run.take() {
            self.value = Some(run(batch)?);
        }
        Ok(())
    }

    fn answer(&mut self, committed: Result<(), BusError>) {
        let answer = committed.and_then(|()| self.value.take().ok_or(BusError::Closed));
        if let Some(reply) = self.reply.take() {
            // Nobody waits any more where the caller was cancelled; what is written stays written.
            reply.send(answer).ok();
        }
    }
}
