//! The rules of every stage: the shipped ones, and one that every event meets, so that no event is lost unnoticed.

use std::path::Path;

const EVERY: &str = "- rule: Every event\n  desc: whatever the API server tells of\n  \
                     condition: ka.auditid exists\n  output: \"%ka.auditid %ka.verb %ka.uri\"\n  \
                     priority: DEBUG\n  source: k8s_audit\n";

/// Writes the rule that every event meets into a directory, and says where it is.
pub(crate) fn write(directory: &Path) -> String {
    let path = directory.join("every.yaml");
    std::fs::write(&path, EVERY).expect("a file can be written");
    path.to_str().expect("an ASCII path").to_owned()
}
