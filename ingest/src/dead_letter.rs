//! What is kept of a body, or a piece of one, that is no event.

use bus::{Id, Reason, Stream};
use bytes::Bytes;
use prost::Message;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;

use crate::batch::Origin;
use crate::redact::Redactor;
use crate::split::{Broken, Code, NotJson};

/// How much is kept of what is of no use.
const HEAD: usize = 64 << 10;

/// A body in which nothing is JSON.
pub(crate) fn of_body(origin: &Origin, error: &NotJson, body: &Bytes, redactor: &Redactor) -> DeadLetter {
    let reason = format!("the whole body is {error}");
    let kept = redactor.piece(head(body));
    letter(origin, (Code::NotJson, reason), (body, kept), redactor)
}

/// A piece of a body. An event that lacks nothing but a time, or room, is kept whole, so that it can be put back once
/// that is mended; of anything else the first bytes must do.
pub(crate) fn of_part(origin: &Origin, broken: Broken, body: &Bytes, redactor: &Redactor) -> DeadLetter {
    let bytes = body.slice(broken.range);
    let left = match broken.code {
        // Read as JSON they show where values stand, which their heads alone would not.
        Code::NotAnEvent | Code::NoStageTimestamp | Code::TooLarge => redactor.piece(bytes.clone()),
        Code::NotJson | Code::TooDeep => redactor.piece(head(&bytes)),
    };
    let what = (broken.code, broken.reason);
    let mut letter = letter(origin, what, (&bytes, head(&left)), redactor);
    if matches!(broken.code, Code::NoStageTimestamp | Code::TooLarge) {
        let chunk = EventChunk {
            cluster: origin.cluster.as_str().to_owned(),
            received_unix_nanos: origin.received_unix_nanos,
            digests: redactor.digest(&bytes).into_iter().collect(),
            events: vec![left],
        };
        letter.payload = chunk.encode_to_vec().into();
        letter.replayable = true;
    }
    letter
}

/// A letter with what is kept of what was received, and with the hash and length of that. What is sent again makes the
/// same letter again.
fn letter(
    origin: &Origin,
    (code, reason): (Code, String),
    (received, kept): (&Bytes, Bytes),
    redactor: &Redactor,
) -> DeadLetter {
    let hash = match redactor.hash(received) {
        Some(keyed) => keyed,
        // Whoever reads the hash of a value may guess the value.
        None if redactor.is_on() => blake3::hash(&kept),
        None => blake3::hash(received),
    };
    let draft = Reason::new(code.as_str(), reason).about_bytes(Stream::Events, &kept);
    let mut letter = draft.of_cluster(origin.cluster.as_str()).build();
    letter.length = u64::try_from(received.len()).unwrap_or(u64::MAX);
    letter.hash = hash.to_hex().to_string();
    let (cluster, length) = (origin.cluster.as_str().as_bytes(), letter.length.to_le_bytes());
    letter.id = Id::of([cluster, code.as_str().as_bytes(), hash.as_bytes(), &length]).to_string();
    letter
}

fn head(bytes: &Bytes) -> Bytes {
    bytes.slice(..bytes.len().min(HEAD))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{self, Key};

    fn redactor(key: Option<u8>) -> Redactor {
        let key = key.map(|byte| Key::new(&[byte; 32]).unwrap());
        Redactor::new(&redact::Settings::default(), key.as_ref())
    }

    fn origin(received_unix_nanos: u64) -> Origin {
        Origin { cluster: "prod".parse().unwrap(), received_unix_nanos }
    }

    fn part(received_unix_nanos: u64, code: Code, body: &Bytes) -> DeadLetter {
        let broken = Broken { range: 1..body.len(), code, reason: "why".into() };
        of_part(&origin(received_unix_nanos), broken, body, &redactor(Some(b'k')))
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
        assert_eq!(letter.hash, redactor(Some(b'k')).hash(&body[1..]).unwrap().to_hex().to_string());
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

    /// A letter about a piece with a Secret in it, and the secret.
    fn of_secret(code: Code, piece: &str, key: Option<u8>) -> DeadLetter {
        let body = Bytes::from(piece.to_owned());
        let broken = Broken { range: 0..body.len(), code, reason: "why".into() };
        of_part(&origin(7), broken, &body, &redactor(key))
    }

    #[test]
    fn no_letter_tells_a_secret_and_hashes_do_not_help_to_guess_it() {
        let secret = r#"{"kind":"Secret","data":{"pin":"MTIzNA=="},"type":"Opaque"}"#;
        let (cut, _) = secret.split_at(secret.len() - 20);
        let whole = blake3::hash(secret.as_bytes());
        for key in [None, Some(b'k')] {
            for (code, piece) in [
                (Code::NotJson, cut),
                (Code::TooDeep, secret),
                (Code::NotAnEvent, secret),
                (Code::NoStageTimestamp, secret),
                (Code::TooLarge, secret),
            ] {
                let letter = of_secret(code, piece, key);
                let payload = String::from_utf8_lossy(&letter.payload).into_owned();
                assert!(payload.contains("\"pin\":\"redacted") && !payload.contains("MTIz"), "{payload}");
                assert_eq!(letter.length, u64::try_from(piece.len()).unwrap());
                assert_ne!(letter.hash, whole.to_hex().to_string());
            }
        }
        let letter = of_body(&origin(7), &not_json(cut), &Bytes::from(cut.to_owned()), &redactor(None));
        assert!(!String::from_utf8_lossy(&letter.payload).contains("MTIz"));
    }

    fn not_json(body: &str) -> NotJson {
        crate::split::split(body.as_bytes(), 1).find_map(Result::err).unwrap()
    }

    #[test]
    fn a_key_tells_apart_what_looks_the_same() {
        let piece = |value: &str| format!(r#"{{"kind":"Secret","data":{{"pin":"{value}"}}}}"#);
        let id = |value, key| of_secret(Code::NotJson, &piece(value), key).id;
        assert_ne!(id("MTIzNA==", Some(b'k')), id("MTIzNQ==", Some(b'k')));
        assert_ne!(id("MTIzNA==", None), id("MTIzNA=", None), "the length does so without one");
    }
}
