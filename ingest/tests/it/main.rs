//! Ingest as its clients meet it: a real listener, a real bus, real connections.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod connections;
mod harness;
mod redaction;
mod webhook;
