//! Rules that are pushed onto the bus, so that all evaluators change to them together.
//!
//! They are one value under one key, so what an evaluator reads is always whole. The bus numbers the writes: that is
//! their generation.

mod codec;

use bus::{Bus, BusError, Entry};
use rules::SourceFile;

pub use codec::{TooLarge, UnreadableRules};

/// The bucket and the key.
pub(crate) const BUCKET: &str = "rules";
pub(crate) const KEY: &str = "pushed";

/// What the files may be together. A NATS server takes messages up to 1 MiB unless it is told otherwise.
pub const LARGEST_PACKED: usize = 768 << 10;
/// What they may be before compression.
pub const LARGEST_PLAIN: usize = 16 << 20;
/// How many they may be: everything read so far is compiled after each.
pub const MOST_FILES: usize = 1024;

/// Rules to be pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The files, in the order in which they are loaded.
    pub files: Vec<SourceFile>,
    /// What the pusher says about them.
    pub message: String,
    /// Who the pusher is.
    pub pushed_by: String,
    /// When, in nanoseconds since the Unix epoch.
    pub pushed_unix_nanos: u64,
}

/// Rules that are on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Grows with every push.
    pub generation: u64,
    /// BLAKE3 of the files, in hexadecimal digits.
    pub digest: String,
    /// What was pushed.
    pub draft: Draft,
}

/// Why rules are not pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// They do not fit.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// Why it cannot be said what was pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushedError {
    /// What is there cannot be read.
    #[error("the rules that were pushed as generation {0} cannot be read: {1}")]
    Unreadable(u64, UnreadableRules),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// Puts rules onto the bus in place of those that were pushed before; whether they load is for the caller to see.
///
/// # Errors
/// Where they are too large, or the bus does not take them.
pub async fn push(bus: &Bus, draft: Draft) -> Result<Pushed, PushError> {
    let (value, digest) = codec::encode(&draft)?;
    let generation = bus.bucket(BUCKET).put(KEY, value).await?;
    Ok(Pushed { generation, digest, draft })
}

/// The rules that were pushed last; `None` where none ever were.
///
/// # Errors
/// Where they cannot be read.
pub async fn pushed(bus: &Bus) -> Result<Option<Pushed>, PushedError> {
    let entry = bus.bucket(BUCKET).get(KEY).await?;
    entry.as_ref().and_then(Pushed::of).transpose()
}

/// The files of the rules that were pushed last, as evaluators load them; none where none ever were.
///
/// # Errors
/// Where they cannot be read.
pub async fn pushed_files(bus: &Bus) -> Result<Vec<SourceFile>, PushedError> {
    Ok(pushed(bus).await?.map(Pushed::files).unwrap_or_default())
}

impl Pushed {
    /// Its files, named so that messages about them say where they are.
    pub(crate) fn files(self) -> Vec<SourceFile> {
        let named = |file: SourceFile| SourceFile { name: format!("bus:{}", file.name), ..file };
        self.draft.files.into_iter().map(named).collect()
    }

    /// From the bus's entry; `None` for one that was deleted.
    pub(crate) fn of(entry: &Entry) -> Option<Result<Self, PushedError>> {
        let generation = entry.revision;
        Some(match codec::decode(entry.value.as_ref()?) {
            Ok((draft, digest)) => Ok(Self { generation, digest, draft }),
            Err(error) => Err(PushedError::Unreadable(generation, error)),
        })
    }
}
