//! Messages as the bus stores them: protobuf, compressed with zstd.

use bytes::Bytes;

use crate::{BusError, Content};

/// A list of audit events compresses some twelvefold at level 1; higher levels cost more time than they save bytes.
const LEVEL: i32 = 1;

/// What a message may be once decompressed. Far above the largest body that ingest accepts; it bounds what a forged
/// message could make us allocate.
const MAX_DECODED: usize = 1 << 30;

pub(crate) fn encode<M: Content>(message: &M) -> Result<Bytes, BusError> {
    let plain = message.encode_to_vec();
    let packed =
        zstd::bulk::compress(&plain, LEVEL).map_err(|error| BusError::Setup(format!("zstd: {error}")))?;
    Ok(packed.into())
}

pub(crate) fn decode<M: Content>(payload: &[u8]) -> Result<M, BusError> {
    let corrupt =
        |what: String| BusError::Corrupt(format!("a message of stream {}: {what}", M::STREAM.name()));
    let size = zstd::zstd_safe::get_frame_content_size(payload)
        .ok()
        .flatten()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= MAX_DECODED)
        .ok_or_else(|| corrupt("no usable zstd frame".into()))?;
    let plain = zstd::bulk::decompress(payload, size).map_err(|error| corrupt(error.to_string()))?;
    M::decode(Bytes::from(plain)).map_err(|error| corrupt(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::events::v1::EventChunk;

    #[test]
    fn messages_come_back_as_they_went() {
        let chunk = EventChunk {
            cluster: "c".into(),
            received_unix_nanos: 7,
            events: vec!["{}".into(), "[]".into()],
            digests: vec!["d".into()],
        };
        assert_eq!(decode::<EventChunk>(&encode(&chunk).unwrap()).unwrap(), chunk);
        assert_eq!(
            decode::<EventChunk>(&encode(&EventChunk::default()).unwrap()).unwrap(),
            EventChunk::default()
        );
    }

    #[test]
    fn garbage_is_an_error() {
        for garbage in [b"".as_slice(), b"no zstd", &[0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 0xff]] {
            assert!(matches!(decode::<EventChunk>(garbage), Err(BusError::Corrupt(_))));
        }
    }
}
