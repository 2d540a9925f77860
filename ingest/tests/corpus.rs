//! Bodies that the fuzzer has found worth keeping, held against what it holds everything against: see fuzz/README.md.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "checks of the fuzzer: whatever fails here fails the test"
)]

#[path = "../../fuzz/checks/body.rs"]
mod body;
#[path = "../../fuzz/checks/redact.rs"]
mod redact;
#[path = "../../fuzz/checks/replay.rs"]
mod replay;

#[test]
fn bodies() {
    replay::each("body", body::check);
}

#[test]
fn secrets() {
    replay::each("redact", redact::check);
}
