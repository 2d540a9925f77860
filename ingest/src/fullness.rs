//! [`Fullness`]: whether the bus has room for events, as requests find out. While it has none ingest is not ready, and
//! looks by itself for room: where nothing is sent to it any more, no request would.

use std::convert::Infallible;
use std::time::Duration;

use bus::{BusError, Room, Stream};
use service::admin::{Part, State};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::reach::Reach;

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(2);

/// Where the bus is full for another reason than its own bound, as a disk that others fill, only a request can tell
/// whether there is room again: after so long one may try.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many bytes must be free, or a quarter of all.
const ENOUGH: u64 = 1 << 20;

/// Whether the bus has room; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Fullness {
    health: Part,
    full: watch::Sender<bool>,
}

impl Fullness {
    /// Says so to this part.
    pub(crate) fn told_to(health: Part) -> Self {
        let fullness = Self { health, full: watch::Sender::new(false) };
        fullness.says_room();
        fullness
    }

    /// The bus has answered a message of a request.
    pub(crate) fn learns<T>(&self, answered: &Result<T, BusError>) {
        match answered {
            Ok(_) => self.has_room(),
            Err(error @ BusError::Full(_)) => {
                if !self.full.send_replace(true) {
                    tracing::error!(%error, "events are refused until there is room");
                }
                self.health.set(State::Waiting(format!("{error}; API servers hold their events meanwhile")));
            }
            Err(_) => {}
        }
    }

    /// Looks for room whenever there was none, until it is dropped.
    pub(crate) async fn keep(self, reach: Reach) -> Infallible {
        let mut full = self.full.subscribe();
        loop {
            if full.wait_for(|is_full| *is_full).await.is_err() {
                std::future::pending::<()>().await;
            }
            let (before, since) = (room(&reach).await.ok(), Instant::now());
            while *full.borrow() {
                sleep(EVERY).await;
                let Ok(now) = room(&reach).await else { continue };
                let is_freed = before.is_none_or(|before| now.held < before.held);
                if has_enough(now) && (is_freed || since.elapsed() >= PATIENCE) {
                    self.has_room();
                }
            }
        }
    }

    fn has_room(&self) {
        if self.full.send_if_modified(|full| std::mem::replace(full, false)) {
            tracing::info!("the bus has room for events again");
            self.says_room();
        }
    }

    fn says_room(&self) {
        self.health.set(State::Ready("the bus has room, as far as is known".to_owned()));
    }
}

async fn room(reach: &Reach) -> Result<Room, BusError> {
    reach.bus()?.room(Stream::Events).await
}

fn has_enough(room: Room) -> bool {
    room.limit.saturating_sub(room.held) >= ENOUGH.min(room.limit / 4)
}
