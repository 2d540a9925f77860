//! [`Past`]: the chunks of events that the bus holds of a time, and [`Horizon`]: how far back they go.

use std::fmt;
use std::time::Duration;

use bus::{Bus, BusError, Reader, Start, Stored, Stream};
use jiff::Timestamp;
use proto::events::v1::EventChunk;

use super::tally::Tally;

/// By how much the clocks of ingest and of the bus may differ: chunks lie on the bus by the time at which it stored
/// them, and are asked for by the time at which ingest had received them.
const SKEW: Duration = Duration::from_secs(300);

/// Which events are asked for.
#[derive(Debug, Clone)]
pub struct Window {
    /// Those received then or later, in nanoseconds since the Unix epoch.
    pub(super) since: u64,
    /// And before that.
    pub(super) until: u64,
    /// Of these clusters; of all where none is named.
    pub(super) clusters: Vec<String>,
}

/// A reader of them, in the order in which they were stored. It consumes nothing.
pub(super) struct Past {
    /// Gone once it has ended.
    reader: Option<Reader<EventChunk>>,
    window: Window,
}

impl Window {
    fn holds(&self, chunk: &EventChunk) -> bool {
        let is_in_time = (self.since..self.until).contains(&chunk.received_unix_nanos);
        is_in_time && (self.clusters.is_empty() || self.clusters.contains(&chunk.cluster))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (since, until) = (time(self.since), time(self.until));
        match self.clusters.as_slice() {
            [] => write!(f, "from {since} to {until}"),
            clusters => write!(f, "of {} from {since} to {until}", clusters.join(" or ")),
        }
    }
}

impl Past {
    /// From the bus as it is now.
    pub(super) async fn open(bus: &Bus, window: Window) -> Result<Self, BusError> {
        let start = Start::Time(window.since.saturating_sub(skew()));
        Ok(Self { reader: Some(bus.read(start).await?), window })
    }

    /// The next chunk; `None` behind the last. What cannot be read is passed over, and told.
    pub(super) async fn next(&mut self, tally: &mut Tally) -> Result<Option<Stored<EventChunk>>, BusError> {
        while let Some(reader) = &mut self.reader {
            match reader.next().await {
                Ok(Some(stored)) if stored.time_unix_nanos > self.window.until.saturating_add(skew()) => {
                    self.reader = None;
                }
                Ok(Some(stored)) if self.window.holds(&stored.message) => return Ok(Some(stored)),
                Ok(Some(_)) => {}
                Ok(None) => self.reader = None,
                Err(error @ BusError::Corrupt(_)) => tally.unreadable(&error),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// How far back the events go that the bus holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// There never was one.
    Never,
    /// All that there were are removed.
    AllGone,
    /// The first that there ever was is held: of when it is.
    All(u64),
    /// Those from then on are held.
    Since(u64),
}

impl Horizon {
    /// Of the bus as it is now.
    pub(super) async fn of(bus: &Bus) -> Result<Self, BusError> {
        let status = bus.status(Stream::Events).await?;
        let mut reader = bus.read::<EventChunk>(Start::Earliest).await?;
        let first = loop {
            match reader.next().await {
                Err(BusError::Corrupt(_)) => {}
                first => break first?,
            }
        };
        Ok(match first {
            None if status.last_sequence == 0 => Self::Never,
            None => Self::AllGone,
            Some(first) => {
                // What was put back from the dead letters was received long before.
                let earliest = first.time_unix_nanos.saturating_sub(skew());
                let time = first.message.received_unix_nanos.max(earliest);
                if first.sequence == 1 { Self::All(time) } else { Self::Since(time) }
            }
        })
    }

    /// What to say where more was asked for than is held.
    pub(super) fn note(self, window: &Window) -> Option<String> {
        match self {
            Self::Since(oldest) if window.since < oldest && oldest < window.until => {
                let since = time(window.since);
                Some(format!("note: events from {since} on are asked for; {self}"))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let removed = "bus.keep sets how long events stay once they are evaluated";
        match self {
            Self::Never => f.write_str("the bus has never held one"),
            Self::AllGone => write!(f, "the bus holds none any more: {removed}"),
            Self::All(first) => {
                write!(f, "the first one that the bus ever held was received at {}", time(*first))
            }
            Self::Since(first) => write!(
                f,
                "the oldest one that the bus still holds was received at {}; {removed}",
                time(*first)
            ),
        }
    }
}

/// A time as people read it, to the millisecond.
pub(super) fn time(unix_nanos: u64) -> String {
    let time = Timestamp::from_nanosecond(i128::from(unix_nanos)).unwrap_or(Timestamp::MAX);
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn skew() -> u64 {
    u64::try_from(SKEW.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000_000_000;

    fn window(clusters: &[&str]) -> Window {
        let clusters = clusters.iter().map(|&name| name.to_owned()).collect();
        Window { since: HOUR, until: 2 * HOUR, clusters }
    }

    #[test]
    fn the_beginning_belongs_to_a_window_and_the_end_does_not() {
        let chunk = |received_unix_nanos: u64| EventChunk {
            cluster: "prod".into(),
            received_unix_nanos,
            ..EventChunk::default()
        };
        for (time, held) in [(HOUR - 1, false), (HOUR, true), (2 * HOUR - 1, true), (2 * HOUR, false)] {
            assert_eq!(window(&[]).holds(&chunk(time)), held, "{time}");
        }
        assert!(window(&["lab", "prod"]).holds(&chunk(HOUR)) && !window(&["lab"]).holds(&chunk(HOUR)));
    }

    #[test]
    fn it_is_said_where_events_are_gone_and_only_there() {
        let note = |horizon: Horizon| horizon.note(&window(&[]));
        insta::assert_snapshot!(note(Horizon::Since(HOUR + HOUR / 2)).unwrap(), @"note: events from 1970-01-01T01:00:00.000Z on are asked for; the oldest one that the bus still holds was received at 1970-01-01T01:30:00.000Z; bus.keep sets how long events stay once they are evaluated");
        for complete in [Horizon::Since(HOUR), Horizon::All(HOUR + 1), Horizon::Never] {
            assert_eq!(note(complete), None);
        }
        let nothing = |horizon| format!("there are no events {}; {horizon}", window(&["lab", "prod"]));
        insta::assert_snapshot!(nothing(Horizon::Never), @"there are no events of lab or prod from 1970-01-01T01:00:00.000Z to 1970-01-01T02:00:00.000Z; the bus has never held one");
        insta::assert_snapshot!(nothing(Horizon::AllGone), @"there are no events of lab or prod from 1970-01-01T01:00:00.000Z to 1970-01-01T02:00:00.000Z; the bus holds none any more: bus.keep sets how long events stay once they are evaluated");
        insta::assert_snapshot!(nothing(Horizon::All(HOUR)), @"there are no events of lab or prod from 1970-01-01T01:00:00.000Z to 1970-01-01T02:00:00.000Z; the first one that the bus ever held was received at 1970-01-01T01:00:00.000Z");
    }
}
