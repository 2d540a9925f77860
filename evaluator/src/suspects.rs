//! [`Suspects`]: chunks that may be what takes evaluators down. A panic is caught, event by event; a stack that runs over
//! or memory that runs out ends the whole process, and the chunk goes to the next one. So a chunk that keeps coming is
//! judged with no other beside it in the process, and a note on the bus says that it was begun. A note that stays is of
//! a process that did not survive the chunk.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bus::{Bucket, Bus, BusError, Id};
use bytes::Bytes;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use tokio::time::{Instant, interval_at};

/// The bucket of the notes, by the ids of chunks. A process has one note at a time, so there are no more than processes
/// that died.
const BUCKET: &str = "suspects";

/// A chunk that comes no more often than this costs nothing here.
const UNSUSPICIOUS: u64 = 3;

/// How many processes may end over a chunk before it is not judged whole any more.
pub(crate) const DEATHS: u32 = 3;

/// How long a note is kept that nobody comes back to, as of a chunk that was removed.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// How often such notes are looked for.
const SWEPT_EVERY: Duration = Duration::from_secs(60 * 60);

/// What the evaluators know of such chunks; cheap to clone. All workers of a process share one.
#[derive(Clone)]
pub(crate) struct Suspects {
    notes: Bucket,
    /// Held for writing by whoever judges a chunk that keeps coming: if the process ends then, it is known why.
    room: Arc<RwLock<()>>,
    /// Chunks that were survived while the bus was away: their notes count for nothing.
    survived: Arc<Mutex<BTreeSet<Id>>>,
}

/// What is to be done with a chunk.
pub(crate) enum Admission {
    /// It is judged.
    Judge(Turn),
    /// So many processes have begun it, and none has come to its end.
    Suspect,
}

/// Leave to judge a chunk.
pub(crate) enum Turn {
    /// As others are judged at the same time.
    Beside(#[expect(dead_code, reason = "held until the chunk is judged")] OwnedRwLockReadGuard<()>),
    /// With no other at the same time in this process.
    Alone(Watched),
}

/// A chunk that is judged alone, until the note of it is [taken back](Suspects::survived).
pub(crate) struct Watched {
    id: Id,
    _room: OwnedRwLockWriteGuard<()>,
}

/// How often a chunk was begun and not finished, and when last, in seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Note {
    begun: u32,
    at: u64,
}

impl Suspects {
    /// Those of a bus.
    pub(crate) fn of(bus: &Bus) -> Self {
        Self { notes: bus.bucket(BUCKET), room: Arc::default(), survived: Arc::default() }
    }

    /// Waits for leave to judge a chunk that comes for the how manieth time.
    ///
    /// # Errors
    /// Where the bus is away, so that a death would leave no note.
    pub(crate) async fn admit(&self, id: Id, attempt: u64) -> Result<Admission, BusError> {
        if attempt <= UNSUSPICIOUS {
            let beside = Arc::clone(&self.room).read_owned().await;
            return Ok(Admission::Judge(Turn::Beside(beside)));
        }
        let watched = Watched { id, _room: Arc::clone(&self.room).write_owned().await };
        match self.begin(id).await {
            Ok(true) => Ok(Admission::Judge(Turn::Alone(watched))),
            Ok(false) => Ok(Admission::Suspect),
            Err(BusError::Setup(why)) => {
                tracing::warn!(
                    why,
                    "it cannot be noted which chunk is judged: should it end the process, nobody knows"
                );
                Ok(Admission::Judge(Turn::Alone(watched)))
            }
            Err(error) => Err(error),
        }
    }

    /// The chunk did not end the process, whatever became of it.
    pub(crate) async fn survived(&self, watched: Watched) {
        self.forget(watched.id).await;
    }

    /// What is known of a chunk counts for nothing any more.
    pub(crate) async fn forget(&self, id: Id) {
        if let Err(error) = self.notes.delete(&id.to_string()).await {
            tracing::debug!(chunk = %id, %error, "the note of a chunk stays for now");
            self.survivors(|survived| survived.insert(id));
        }
    }

    /// Removes old notes once in a while, until it is dropped.
    pub(crate) async fn keep_swept(&self) -> Infallible {
        let mut ticks = interval_at(Instant::now() + SWEPT_EVERY, SWEPT_EVERY);
        loop {
            ticks.tick().await;
            if let Err(error) = self.sweep(now()).await {
                tracing::debug!(%error, "old notes of chunks stay for now");
            }
        }
    }

    /// Notes that the chunk is begun; false where it was begun too often.
    async fn begin(&self, id: Id) -> Result<bool, BusError> {
        self.settle_survived().await?;
        let key = id.to_string();
        let note = self.notes.get(&key).await?.and_then(|entry| entry.value);
        let Note { begun, .. } = note.as_ref().map(Note::decode).unwrap_or_default();
        if begun >= DEATHS {
            return Ok(false);
        }
        self.notes.put(&key, Note { begun: begun + 1, at: now() }.encode()).await?;
        Ok(true)
    }

    /// Takes back the notes that could not be taken back when it was time.
    async fn settle_survived(&self) -> Result<(), BusError> {
        while let Some(id) = self.survivors(|survived| survived.first().copied()) {
            self.notes.delete(&id.to_string()).await?;
            self.survivors(|survived| survived.remove(&id));
        }
        Ok(())
    }

    async fn sweep(&self, now: u64) -> Result<(), BusError> {
        self.settle_survived().await?;
        for (key, entry) in self.notes.entries().await? {
            let note = entry.value.as_ref().map(Note::decode).unwrap_or_default();
            if now.saturating_sub(note.at) > KEPT.as_secs() {
                self.notes.delete_if(&key, entry.revision).await?;
            }
        }
        Ok(())
    }

    fn survivors<T>(&self, work: impl FnOnce(&mut BTreeSet<Id>) -> T) -> T {
        work(&mut self.survived.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Turn {
    /// The chunk is judged; one that was judged as any other holds up nobody any more.
    pub(crate) fn judged(self) -> Option<Watched> {
        match self {
            Self::Beside(_) => None,
            Self::Alone(watched) => Some(watched),
        }
    }
}

impl Note {
    fn encode(self) -> Bytes {
        format!("{} {}", self.begun, self.at).into()
    }

    /// What is none is as good as none.
    fn decode(bytes: &Bytes) -> Self {
        let read = || {
            let (begun, at) = str::from_utf8(bytes).ok()?.split_once(' ')?;
            Some(Self { begun: begun.parse().ok()?, at: at.parse().ok()? })
        };
        read().unwrap_or_default()
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use bus::{Address, Settings};
    use futures::FutureExt;

    use super::*;

    async fn open() -> (tempfile::TempDir, Bus) {
        let directory = tempfile::tempdir().unwrap();
        let address = Address::Local(directory.path().to_owned());
        let bus = Bus::open(&address, &Settings::default()).await.unwrap();
        (directory, bus)
    }

    fn id(name: &str) -> Id {
        Id::of([name.as_bytes()])
    }

    async fn watched(suspects: &Suspects, id: Id) -> Option<Watched> {
        match suspects.admit(id, 4).await.unwrap() {
            Admission::Judge(turn) => Some(turn.judged().unwrap()),
            Admission::Suspect => None,
        }
    }

    async fn notes(bus: &Bus) -> usize {
        bus.bucket(BUCKET).entries().await.unwrap().len()
    }

    #[tokio::test]
    async fn what_was_begun_and_never_finished_is_a_suspect() {
        let (_directory, bus) = open().await;
        for _ in 0..DEATHS {
            // Each time in a process of its own, which ends here.
            assert!(watched(&Suspects::of(&bus), id("a")).await.is_some());
        }
        let suspects = Suspects::of(&bus);
        assert!(watched(&suspects, id("a")).await.is_none());
        assert!(watched(&suspects, id("b")).await.is_some(), "others are none");
        suspects.forget(id("a")).await;
        assert!(watched(&suspects, id("a")).await.is_some(), "what is known was forgotten");
    }

    #[tokio::test]
    async fn what_was_survived_is_no_suspect_however_often_it_comes() {
        let (_directory, bus) = open().await;
        let suspects = Suspects::of(&bus);
        for _ in 0..3 * DEATHS {
            let watched = watched(&suspects, id("a")).await.unwrap();
            assert_eq!(notes(&bus).await, 1);
            suspects.survived(watched).await;
            assert_eq!(notes(&bus).await, 0);
        }
    }

    #[tokio::test]
    async fn what_comes_for_the_first_times_costs_nothing() {
        let (_directory, bus) = open().await;
        let suspects = Suspects::of(&bus);
        bus.close().await.unwrap();
        for attempt in 1..=UNSUSPICIOUS {
            let Ok(Admission::Judge(turn)) = suspects.admit(id("a"), attempt).await else {
                panic!("refused")
            };
            assert!(turn.judged().is_none());
        }
        assert!(suspects.admit(id("a"), UNSUSPICIOUS + 1).await.is_err(), "without a bus there is no note");
    }

    /// A bus that is away when the chunk is given back, as it is when its alerts could not be stored.
    #[tokio::test]
    async fn what_was_survived_while_the_bus_was_away_is_no_suspect() {
        let (directory, bus) = open().await;
        let suspects = Suspects::of(&bus);
        let one = watched(&suspects, id("a")).await.unwrap();
        bus.close().await.unwrap();
        suspects.survived(one).await;
        let address = Address::Local(directory.path().to_owned());
        let bus = Bus::open(&address, &Settings::default()).await.unwrap();
        assert_eq!(notes(&bus).await, 1);
        let returned = Suspects { notes: bus.bucket(BUCKET), ..suspects };
        assert!(watched(&returned, id("b")).await.is_some());
        let left: Vec<_> = bus.bucket(BUCKET).entries().await.unwrap().into_keys().collect();
        assert_eq!(left, [id("b").to_string()]);
    }

    #[tokio::test]
    async fn no_other_chunk_is_judged_beside_one_that_keeps_coming() {
        let (_directory, bus) = open().await;
        let suspects = Suspects::of(&bus);
        let one = watched(&suspects, id("a")).await.unwrap();
        assert!(suspects.admit(id("b"), 1).now_or_never().is_none());
        assert!(suspects.admit(id("c"), 9).now_or_never().is_none());
        suspects.survived(one).await;
        let Ok(Admission::Judge(first)) = suspects.admit(id("b"), 1).await else { panic!("refused") };
        let Ok(Admission::Judge(second)) = suspects.admit(id("d"), 1).await else { panic!("refused") };
        assert!(first.judged().is_none() && second.judged().is_none());
    }

    #[tokio::test]
    async fn notes_that_nobody_comes_back_to_go() {
        let (_directory, bus) = open().await;
        let suspects = Suspects::of(&bus);
        drop(watched(&suspects, id("a")).await.unwrap());
        bus.bucket(BUCKET).put("b", "garbage").await.unwrap();
        suspects.sweep(now()).await.unwrap();
        assert_eq!(notes(&bus).await, 1);
        suspects.sweep(now() + KEPT.as_secs() + 1).await.unwrap();
        assert_eq!(notes(&bus).await, 0);
    }

    #[test]
    fn notes_come_back_as_they_went() {
        let note = Note { begun: 2, at: 1_700_000_000 };
        assert_eq!(Note::decode(&note.encode()), note);
        for garbage in ["", "2", "2 x", "-1 5", "99999999999 5", "1 2 3"] {
            assert_eq!(Note::decode(&garbage.into()), Note::default(), "{garbage}");
        }
    }
}
