//! Recorded events that the binary carries, to see alerts before there is an API server.

/// The events, one a line.
pub(crate) const EVENTS: &[u8] = include_bytes!("../demo/events.jsonl");
/// The cluster that they are posted as where nobody says otherwise.
pub(crate) const CLUSTER: &str = "demo";
