//! Ingest as its clients meet it: a real listener, a real bus, real connections.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod authority;
mod connections;
mod harness;
#[path = "../../../bus/tests/nats_server.rs"]
mod nats_server;
mod outages;
mod programs;
mod redaction;
mod reloads;
mod secured;
mod webhook;
