//! Bodies that the fuzzer has found worth keeping, held against what it holds everything against: see fuzz/README.md.
#![expect(clippy::indexing_slicing, reason = "checks of the fuzzer: whatever fails here fails the test")]

#[path = "../../fuzz/checks/body.rs"]
mod body;

use std::path::Path;

#[test]
fn bodies() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/body");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        // Shown only where the test fails.
        println!("{}", path.display());
        body::check(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 20, "{count} in {}", folder.display());
}
