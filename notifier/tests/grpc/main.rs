//! The gRPC services on a local bus, as clients see them.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop and say why"
)]

mod consume;
mod falco;
mod lookup;
mod subscribe;
mod support;
