//! What is kept of a body, or a piece of one, that is no event.

use bus::{Id, Reason, Stream};
use bytes::Bytes;
use prost::Message;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;

use crate::batch::Origin;
use crate::split::{Broken, Code, NotJson};

/// How much is kept of what is of no use.
const HEAD: usize = 64 << 10;

/// A body in which nothing is JSON.
pub(crate) fn of_body(origin: &Origin, error: &NotJson, body: &Bytes) -> DeadLetter {
    letter(origin, Code::NotJson, format!("the whole body is {error}"), body)
}

/// A piece of a body. An event that lacks nothing but a time, or room, is kept whole, so that it can be put back once
/// that is mended; of anything else the first bytes must do.
pub(crate) fn of_part(origin: &Origin, broken: Broken, body: &Bytes) -> DeadLetter {
    let bytes = body.slice(broken.range);
    let mut letter = letter(origin, broken.code, broken.reason, &bytes);
    if matches!(broken.code, Code::NoStageTimestamp | Code::TooLarge) {
        let chunk = EventChunk {
            cluster: origin.cluster.as_str().to_owned(),
            received_unix_nanos: origin.received_unix_nanos,
            events: vec![bytes],
        };
        letter.payload = chunk.encode_to_vec().into();
        letter.replayable = true;
    }
    letter
}

/// A letter with the head of `bytes`, and with their hash and length. What is sent again makes the same letter again.
fn letter(origin: &Origin, code: Code, reason: String, bytes: &Bytes) -> DeadLetter {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let hash = blake3::hash(bytes);
    let draft = Reason::new(code.as_str(), reason).about_bytes(Stream::Events, head);
    let mut letter = draft.of_cluster(origin.cluster.as_str()).build();
    let parts: [&[u8]; 3] = [origin.cluster.as_str().as_bytes(), code.as_str().as_bytes(), hash.as_bytes()];
    letter.id = Id::of(parts).to_string();
    letter.hash = hash.to_hex().to_string();
    letter.length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    letter
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(received_unix_nanos: u64) -> Origin {
        Origin { cluster: "prod".parse().unwrap(), received_unix_nanos }
    }

    fn part(received_unix_nanos: u64, code: Code, body: &Bytes) -> DeadLetter {
        let broken = Broken { range: 1..body.len(), code, reason: "why".into() };
        of_part(&origin(received_unix_nanos), broken, body)
    }

    #[test]
    fn garbage_keeps_its_head_and_the_hash_of_all() {
        let body = Bytes::from(vec![b'x'; HEAD + 2]);
        let letter = part(7, Code::NotJson, &body);
        assert_eq!(
            (letter.code.as_str(), letter.cluster.as_str(), letter.replayable),
            ("not-json", "prod", false)
        );
        assert_eq!(letter.payload.len(), HEAD);
        assert_eq!(letter.length, u64::try_from(HEAD + 1).unwrap());
        assert_eq!(letter.hash, blake3::hash(&body[1..]).to_hex().to_string());
    }

    #[test]
    fn what_is_sent_again_has_the_same_id() {
        let body = Bytes::from_static(b" {}");
        assert_eq!(part(7, Code::NoStageTimestamp, &body).id, part(8, Code::NoStageTimestamp, &body).id);
        assert_ne!(part(7, Code::NoStageTimestamp, &body).id, part(7, Code::NotJson, &body).id);
    }

    #[test]
    fn events_stay_whole() {
        let body = Bytes::from([b" {".as_slice(), &vec![b' '; 2 * HEAD], b"}"].concat());
        let letter = part(7, Code::TooLarge, &body);
        assert!(letter.replayable);
        let chunk = EventChunk::decode(letter.payload.clone()).unwrap();
        assert_eq!((chunk.received_unix_nanos, chunk.events), (7, vec![body.slice(1..)]));
        assert_eq!(letter.length, u64::try_from(body.len() - 1).unwrap());
    }
}
