//! How far a durable consumer is, as it is kept on disk.

use bytes::Bytes;
use prost::Message;

/// All messages before `next` are settled, but for the `gaps`: no more of them than may be unsettled at a time,
/// however many messages have passed.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Progress {
    /// The first sequence number that was never given to a worker.
    #[prost(uint64, tag = "1")]
    pub(super) next: u64,
    /// Those before `next` that are not settled, in order.
    #[prost(message, repeated, tag = "2")]
    pub(super) gaps: Vec<Gap>,
    /// How many processes, one after the other, gave messages to workers and did not end in order: what they had given
    /// last stands nowhere else.
    #[prost(uint64, tag = "3")]
    pub(super) unfinished: u64,
}

/// A message that was given to a worker and is not settled.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Gap {
    #[prost(uint64, tag = "1")]
    pub(super) sequence: u64,
    /// How often it was given.
    #[prost(uint64, tag = "2")]
    pub(super) attempts: u64,
}

impl Progress {
    pub(super) fn decode(row: &[u8]) -> Result<Self, prost::DecodeError> {
        <Self as Message>::decode(Bytes::copy_from_slice(row))
    }
}
