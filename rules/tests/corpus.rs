//! What the fuzzers have found worth keeping, held against what they hold everything against: see fuzz/README.md.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "checks of the fuzzers: whatever fails here fails the test"
)]

#[path = "../../fuzz/checks/condition.rs"]
mod condition;
#[path = "../../fuzz/checks/event.rs"]
mod event;
#[path = "../../fuzz/checks/output.rs"]
mod output;
#[path = "../../fuzz/checks/replay.rs"]
mod replay;
#[path = "../../fuzz/checks/rule_file.rs"]
mod rule_file;

#[test]
fn conditions() {
    replay::each("condition", condition::check);
}

#[test]
fn rule_files() {
    replay::each("rule_file", rule_file::check);
}

#[test]
fn outputs() {
    replay::each("output", output::check);
}

#[test]
fn events() {
    replay::each("event", event::check);
}
