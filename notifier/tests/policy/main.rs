//! What happens to alerts before they are sent: routes, silences, groups, texts, and settings that change meanwhile.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop and say why")]

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of delivery")]
mod support;

mod documentation;
mod group;
mod helper;
mod limits;
mod reload;
mod routes;
mod silence;
