//! [`Silences`]: those on the bus, and what all of them kept back.

use std::collections::BTreeMap;

use bus::{Bucket, Bus, BusError, Entry, Id};
use prost::Message;
use proto::alerts::v1::Summary;
use proto::notifier::v1::{Silence as Wire, Tally};

use super::Silence;
use crate::moment::Moment;
use crate::settings::SinkName;

/// The bucket of silences.
pub(super) const BUCKET: &str = "silences";

/// The bucket of what they kept back, by silence and sink.
pub(super) const LEDGER: &str = "silenced";

/// The version of [`Wire`] that this is.
const FORMAT: u32 = 1;

/// What may go wrong with silences.
#[derive(Debug, thiserror::Error)]
pub enum SilenceError {
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// It has ended already.
    #[error("it would have ended already, at {0}")]
    Ended(Moment),
    /// There is none of that id on the bus.
    #[error("there is no silence `{0}` on the bus; `saker silence list` shows those that there are")]
    Unknown(String),
    /// It was stored in a way that this version does not know.
    #[error("silence `{0}` cannot be read: {1}")]
    Unreadable(String, String),
}

/// The silences on the bus.
pub struct Silences {
    silences: Bucket,
    ledger: Bucket,
}

/// A silence and what it kept back.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The silence; `None` for one that settings have, or had, or that cannot be read.
    pub silence: Option<Silence>,
    /// What it kept back, by sink.
    pub kept_back: BTreeMap<String, Summary>,
}

impl Silences {
    /// Those on this bus.
    pub fn on(bus: &Bus) -> Self {
        Self { silences: bus.bucket(BUCKET), ledger: bus.bucket(LEDGER) }
    }

    /// Adds one and returns its id. All notifiers know it within a moment.
    ///
    /// # Errors
    /// Where it has ended already at `now` (nanoseconds since the Unix epoch), or the bus fails.
    pub async fn add(&self, silence: &Silence, now: u64) -> Result<String, SilenceError> {
        if silence.until.unix_nanos() <= now {
            return Err(SilenceError::Ended(silence.until));
        }
        let wire = to_wire(silence).encode_to_vec();
        let id: String = Id::of([wire.as_slice(), &now.to_le_bytes()]).to_string().chars().take(8).collect();
        self.silences.put(&id, wire).await?;
        Ok(id)
    }

    /// Ends one now; it stays in the list.
    ///
    /// # Errors
    /// Where there is no such silence, or the bus fails.
    pub async fn end(&self, id: &str, now: u64) -> Result<(), SilenceError> {
        let unknown = || SilenceError::Unknown(id.to_owned());
        let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_hexdigit());
        let entry = if is_id { self.silences.get(id).await? } else { None };
        let Some(Entry { value: Some(value), .. }) = entry else { return Err(unknown()) };
        let silence = of_wire(&value).map_err(|why| SilenceError::Unreadable(id.to_owned(), why))?;
        let until = silence.until.min(Moment::from_unix_nanos(now));
        self.silences.put(id, to_wire(&Silence { until, ..silence }).encode_to_vec()).await?;
        Ok(())
    }

    /// All of them, by id or name, also those that have ended, with what they kept back.
    ///
    /// # Errors
    /// Where the bus fails.
    pub async fn list(&self) -> Result<BTreeMap<String, Listed>, BusError> {
        let mut listed: BTreeMap<String, Listed> = BTreeMap::new();
        for (id, entry) in self.silences.entries().await? {
            let silence = entry.value.and_then(|value| of_wire(&value).ok());
            listed.insert(id, Listed { silence, kept_back: BTreeMap::new() });
        }
        for (key, entry) in self.ledger.entries().await? {
            let tally = entry.value.and_then(|value| Tally::decode(value).ok());
            let summary = tally.and_then(|tally| tally.summary).unwrap_or_default();
            if let Some((silence, sink)) = key.split_once('.') {
                let of = listed.entry(silence.to_owned());
                let of = of.or_insert_with(|| Listed { silence: None, kept_back: BTreeMap::new() });
                of.kept_back.insert(sink.to_owned(), summary);
            }
        }
        Ok(listed)
    }
}

fn to_wire(silence: &Silence) -> Wire {
    Wire {
        format: FORMAT,
        r#match: silence.when.text().to_owned(),
        owner: silence.owner.clone(),
        reason: silence.reason.clone(),
        from_unix_nanos: silence.from.map_or(0, Moment::unix_nanos),
        until_unix_nanos: silence.until.unix_nanos(),
        sinks: silence.sinks.iter().map(ToString::to_string).collect(),
    }
}

/// As it was stored, or why it cannot be read.
pub(super) fn of_wire(bytes: &[u8]) -> Result<Silence, String> {
    let wire = Wire::decode(bytes).map_err(|error| error.to_string())?;
    if wire.format != FORMAT {
        return Err(format!("it has format {}; a newer saker made it", wire.format));
    }
    let sinks = wire.sinks.into_iter().map(SinkName::try_from).collect::<Result<_, _>>();
    Ok(Silence {
        when: wire.r#match.parse().map_err(|error: rules::AlertError| error.to_string())?,
        owner: wire.owner,
        reason: wire.reason,
        until: Moment::from_unix_nanos(wire.until_unix_nanos),
        from: (wire.from_unix_nanos > 0).then(|| Moment::from_unix_nanos(wire.from_unix_nanos)),
        sinks: sinks.map_err(|error| error.to_string())?,
    })
}
