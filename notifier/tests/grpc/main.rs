//! The gRPC services on a local bus, as clients see them.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop and say why"
)]

#[path = "../../../ingest/tests/it/authority.rs"]
#[expect(dead_code, reason = "the tool of several tests")]
mod authority;
mod consume;
mod crowd;
mod falco;
mod lookup;
#[path = "../../../bus/tests/nats_server.rs"]
mod nats_server;
mod secured;
mod subscribe;
mod support;
