//! Messages as the bus stores them: protobuf, compressed with zstd.

use std::io::Read;

use bytes::Bytes;
use zstd::zstd_safe::CParameter;

use crate::{BusError, Content};

/// A list of audit events compresses some twelvefold at level 1; higher levels cost more time than they save bytes.
const LEVEL: i32 = 1;

/// What a message may be once decompressed. Far above the largest body that ingest accepts; it bounds what a forged
/// message could make us allocate.
const MAX_DECODED: usize = 1 << 30;

/// What a frame that claims no more is given at once. Beyond, memory is taken as the content comes: a few bytes may claim
/// anything.
const OUTRIGHT: usize = 4 << 20;

/// The largest window of a frame, as a power of two: sixteen times that of our own.
const WINDOW: u32 = 23;

pub(crate) fn encode<M: Content>(message: &M) -> Result<Bytes, BusError> {
    let plain = message.encode_to_vec();
    let packed = pack(&plain).map_err(|error| BusError::Setup(format!("zstd: {error}")))?;
    Ok(packed.into())
}

/// With a checksum: neither a disk nor the store on it need notice a flipped bit in the midst of a message.
fn pack(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    compressor.compress(plain)
}

fn unpack(payload: &[u8], size: usize) -> std::io::Result<Vec<u8>> {
    if size <= OUTRIGHT {
        return zstd::bulk::decompress(payload, size);
    }
    let mut decoder = zstd::stream::read::Decoder::with_buffer(payload)?.single_frame();
    decoder.window_log_max(WINDOW)?;
    let mut plain = Vec::new();
    decoder.take(u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut plain)?;
    if plain.len() == size { Ok(plain) } else { Err(std::io::Error::other("not as long as it claims to be")) }
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
    let plain = unpack(payload, size).map_err(|error| corrupt(error.to_string()))?;
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
    fn large_messages_come_back_as_they_went() {
        for bytes in [OUTRIGHT - 100, OUTRIGHT, 3 * OUTRIGHT] {
            let mut event = vec![0; bytes];
            blake3::Hasher::new().finalize_xof().fill(event.split_at_mut(bytes / 2).0);
            let chunk = EventChunk { events: vec![event.into()], ..EventChunk::default() };
            assert_eq!(decode::<EventChunk>(&encode(&chunk).unwrap()).unwrap(), chunk);
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let mut event = vec![0; 5000];
        blake3::Hasher::new().finalize_xof().fill(&mut event);
        let packed = encode(&EventChunk { events: vec![event.into()], ..EventChunk::default() }).unwrap();
        for place in 0..packed.len() {
            let mut flipped = packed.to_vec();
            *flipped.get_mut(place).unwrap() ^= 1;
            assert!(decode::<EventChunk>(&flipped).is_err(), "byte {place}");
        }
    }

    /// What the process has ever asked the system for, in KiB.
    fn peak() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    fn what_a_frame_claims_is_not_allocated_before_it_is_there() {
        // Its head claims 1 GiB, as a single segment and with a window; behind it is one raw block of a byte.
        let mut single = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000];
        let mut windowed = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1000_0000, 0x50];
        for frame in [&mut single, &mut windowed] {
            frame.extend(u32::try_from(MAX_DECODED).unwrap().to_le_bytes());
            frame.extend([0b0000_1001, 0, 0, b'x']);
        }
        let before = peak();
        for frame in [single, windowed] {
            assert_eq!(zstd::zstd_safe::get_frame_content_size(&frame).unwrap(), Some(1 << 30));
            assert!(matches!(decode::<EventChunk>(&frame), Err(BusError::Corrupt(_))));
        }
        assert!(peak() - before < 256 << 10, "{} KiB", peak() - before);
    }

    #[test]
    fn garbage_is_an_error() {
        for garbage in [b"".as_slice(), b"no zstd", &[0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 0xff]] {
            assert!(matches!(decode::<EventChunk>(garbage), Err(BusError::Corrupt(_))));
        }
    }
}
