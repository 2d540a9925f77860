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

use std::path::Path;

#[test]
fn bodies() {
    replay("body", body::check);
}

#[test]
fn secrets() {
    replay("redact", redact::check);
}

fn replay(target: &str, check: fn(&[u8])) {
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
