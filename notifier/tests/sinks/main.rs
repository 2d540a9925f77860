//! Each sink against a double of its service that checks what it is sent, misbehaves, and is away for a while: all
//! alerts arrive, and what is sent again is known to the service as the same.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop and say why"
)]

mod alertmanager;
#[path = "../../../ingest/tests/it/authority.rs"]
#[expect(dead_code, reason = "the tests of ingest need more of it")]
mod authority;
mod documentation;
mod double;
mod elasticsearch;
mod loki;
mod pagerduty;
mod real_alertmanager;
mod scenario;
mod slack;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the tool of several tests")]
mod support;
mod tls;
mod webhook;
