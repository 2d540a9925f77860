//! Receives a request body into memory, once, within bounds of size, memory and time.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::memory::{Exhausted, Share};

/// What a body whose length is announced gets at first: an announcement alone shall cost nothing.
const FIRST: usize = 64 << 10;

/// How much must have arrived until the announced length is believed.
const EARNEST: usize = 4 << 20;

/// What bodies are bound by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) max_body: usize,
    /// How long a body may pause.
    pub(crate) pause: Duration,
}

/// A body, and the memory it holds.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    pub(crate) share: Share,
}

/// Why a body was not received.
#[derive(Debug)]
pub(crate) enum Trouble {
    TooLarge,
    NoMemory,
    TooSlow,
    /// The connection broke, or the body was not as announced.
    Incomplete(String),
}

impl From<Exhausted> for Trouble {
    fn from(_: Exhausted) -> Self {
        Self::NoMemory
    }
}

/// Receives all of a body into a share of the memory. What is left of it when that fails is still to be read.
pub(crate) async fn receive(body: &mut Body, bounds: Bounds, mut share: Share) -> Result<Received, Trouble> {
    let announced = body.size_hint().exact().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if announced.is_some_and(|length| length > bounds.max_body) {
        return Err(Trouble::TooLarge);
    }
    if announced.is_some_and(|length| length > share.room()) {
        return Err(Trouble::NoMemory);
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(FIRST));
    loop {
        let frame = timeout(bounds.pause, body.frame()).await.map_err(|_| Trouble::TooSlow)?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| Trouble::Incomplete(error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len().saturating_add(data.len()) > bounds.max_body {
            return Err(Trouble::TooLarge);
        }
        share.grow(data.len())?;
        make_room(&mut bytes, data.len(), announced);
        bytes.extend_from_slice(&data);
    }
    Ok(Received { bytes: bytes.into(), share })
}

/// Grows the buffer in one step to the announced length once that is in earnest; such large blocks are moved by
/// remapping pages, not by copying them, and pages that were never written take no memory.
fn make_room(bytes: &mut Vec<u8>, more: usize, announced: Option<usize>) {
    if bytes.capacity().saturating_sub(bytes.len()) >= more {
        return;
    }
    match announced.and_then(|length| length.checked_sub(bytes.len())) {
        Some(rest) if bytes.len() >= EARNEST && rest >= more => bytes.reserve_exact(rest),
        _ => bytes.reserve(more),
    }
}

/// Reads what is left of a refused body, for a while and within bounds: a client that is still sending would otherwise
/// meet a reset connection before it sees the answer.
pub(crate) async fn drain(mut body: Body) {
    const MOST: usize = 64 << 20;
    const LONGEST: Duration = Duration::from_secs(2);
    let reading = async {
        let mut left = MOST;
        while let Some(Ok(frame)) = body.frame().await {
            match frame.data_ref().and_then(|data| left.checked_sub(data.len())) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Whether it came to its end makes no difference.
    let _ = timeout(LONGEST, reading).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Budget;

    fn free(budget: &Budget) -> usize {
        budget.share(None).room()
    }

    fn bounds() -> Bounds {
        Bounds { max_body: 100, pause: Duration::from_secs(60) }
    }

    fn chunked(chunks: &[&'static [u8]]) -> Body {
        let chunks: Vec<Result<&'static [u8], std::io::Error>> = chunks.iter().copied().map(Ok).collect();
        Body::from_stream(futures::stream::iter(chunks))
    }

    #[tokio::test]
    async fn bodies_arrive_whole_with_and_without_a_length() {
        let budget = Budget::new(1000);
        for mut body in [Body::from("hello world"), chunked(&[b"hello", b"", b" world"])] {
            let received = receive(&mut body, bounds(), budget.share(None)).await.unwrap();
            assert_eq!(received.bytes, "hello world");
            assert_eq!(free(&budget), 1000 - 11);
        }
        assert_eq!(free(&budget), 1000);
    }

    #[tokio::test]
    async fn bodies_are_bound_in_size_and_memory() {
        let budget = Budget::new(1000);
        let large = Body::from(vec![0; 101]);
        assert!(matches!(
            receive(&mut { large }, bounds(), budget.share(None)).await,
            Err(Trouble::TooLarge)
        ));
        let large = chunked(&[&[0; 60], &[0; 41]]);
        assert!(matches!(
            receive(&mut { large }, bounds(), budget.share(None)).await,
            Err(Trouble::TooLarge)
        ));
        let budget = Budget::new(59);
        for large in [Body::from(vec![0; 60]), chunked(&[&[0; 30], &[0; 30]])] {
            assert!(matches!(
                receive(&mut { large }, bounds(), budget.share(None)).await,
                Err(Trouble::NoMemory)
            ));
        }
        assert_eq!(free(&budget), 59);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_pauses_is_given_up() {
        let mut body = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        assert!(matches!(
            receive(&mut body, bounds(), Budget::new(10).share(None)).await,
            Err(Trouble::TooSlow)
        ));
    }

    #[test]
    fn the_buffer_grows_at_once_when_the_length_is_in_earnest() {
        let mut bytes = vec![0; 10];
        make_room(&mut bytes, 10, Some(usize::MAX));
        assert!(bytes.capacity() < 1000, "an announcement alone reserves nothing");
        let mut bytes = vec![0; EARNEST];
        make_room(&mut bytes, 10, Some(3 * EARNEST));
        assert_eq!(bytes.capacity(), 3 * EARNEST);
    }
}
