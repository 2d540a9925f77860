//! What lies on the bus: any bytes are a message or are refused, and a message comes back as it went. The head of a message
//! in parts claims no more than the bus takes.

use bus::Content;
use bus::decoding::{HEAD, head, message, payload, stored};
use proto::alerts::v1::Alert;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;

/// The longest message that is put together of parts.
const LARGEST: usize = 1 << 30;

/// Holds what must be true of any bytes against some.
pub fn check(data: &[u8]) {
    check_of::<EventChunk>(data);
    check_of::<Alert>(data);
    check_of::<DeadLetter>(data);
    if let Ok((_, payload)) = stored(data) {
        assert!(payload.len() <= data.len());
    }
    let text = String::from_utf8_lossy(data);
    let mut values = text.splitn(HEAD.len(), '\n');
    let headers = HEAD.into_iter().map_while(|name| Some((name, values.next()?)));
    if let Some(Ok(length)) = head(headers) {
        assert!(length <= LARGEST);
    }
}

/// As what lies on a stream, and as what is in that once it is decompressed.
fn check_of<M: Content + PartialEq>(data: &[u8]) {
    for found in [message::<M>(data).ok(), M::decode(data).ok()].into_iter().flatten() {
        let again: M = message(&payload(&found).unwrap()).unwrap();
        assert!(again == found, "another message came back");
    }
}
