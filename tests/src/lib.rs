//! The harness of the end-to-end stories: real processes, a real nats-server, a ledger of what a webhook received.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a harness that cannot go on must stop the test and say why"
)]

pub mod alerts;
pub mod fresh;
pub mod ledger;
pub mod line;
pub mod process;
pub mod wait;

#[path = "../../bus/tests/nats_server.rs"]
pub mod nats_server;
