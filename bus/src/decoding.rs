//! What the bus reads that another may have written, as functions of bytes: `fuzz/` holds them against any bytes.

use async_nats::{HeaderMap, HeaderValue};
use bytes::Bytes;
use prost::Message;
use proto::bus::v1::StoredMessage;

use crate::{BusError, Content, Id, codec, local, nats};

/// A message as it lies on a stream.
///
/// # Errors
/// [`BusError::Corrupt`] where it is none.
pub fn message<M: Content>(payload: &[u8]) -> Result<M, BusError> {
    codec::decode(payload)
}

/// What a message is on a stream.
///
/// # Errors
/// Where it cannot be compressed.
pub fn payload<M: Content>(message: &M) -> Result<Bytes, BusError> {
    codec::encode(message)
}

/// How many bytes the head of a message in parts claims; `None` where these headers are no head.
///
/// # Errors
/// Where it is one, and malformed.
pub fn head<'a>(headers: impl IntoIterator<Item = (&'static str, &'a str)>) -> Option<Result<usize, String>> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let Ok(value) = value.parse::<HeaderValue>() {
            map.insert(name, value);
        }
    }
    nats::claimed_length(&map)
}

/// The headers that make a head.
pub const HEAD: [&str; 4] = nats::HEAD;

/// A message as the process that holds a local store sends it to an operator: its id, and its payload.
///
/// # Errors
/// [`BusError::Corrupt`] where it is none.
pub fn stored(frame: &[u8]) -> Result<(Id, Bytes), BusError> {
    let stored = StoredMessage::decode(frame).map_err(|error| BusError::Corrupt(error.to_string()))?;
    local::stored(stored)
}

/// How far a durable consumer is, as a local store keeps it: read, taken up by a worker and kept again.
///
/// # Errors
/// [`BusError::Corrupt`] where it is nothing of that kind.
pub fn progress(row: &[u8]) -> Result<Vec<u8>, BusError> {
    local::resumed(row)
}
