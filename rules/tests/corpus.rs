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
#[path = "../../fuzz/checks/rule_file.rs"]
mod rule_file;

use std::path::Path;

fn each(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        // Shown only where the test fails.
        println!("{}", path.display());
        check(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 20, "{count} in {}", folder.display());
}

#[test]
fn conditions() {
    each("condition", condition::check);
}

#[test]
fn rule_files() {
    each("rule_file", rule_file::check);
}

#[test]
fn outputs() {
    each("output", output::check);
}

#[test]
fn events() {
    each("event", event::check);
}
