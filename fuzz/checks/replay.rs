//! Holds what the fuzzers have found worth keeping against what they hold everything against, in ordinary tests.

use std::path::Path;

/// Each kept input of a target.
pub fn each(target: &str, check: fn(&[u8])) {
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
