//! The harness of the end-to-end stories: real processes, a real nats-server, a ledger of what a webhook received.

pub mod admin;
pub mod alerts;
pub mod docker;
pub mod fresh;
pub mod ledger;
pub mod line;
pub mod otlp;
pub mod page;
pub mod process;
pub mod scrape;
pub mod wait;

#[path = "../../bus/tests/nats_server.rs"]
pub mod nats_server;
