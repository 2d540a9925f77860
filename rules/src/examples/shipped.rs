//! The examples of the shipped rules, embedded.

use crate::shipped::embedded;
use crate::source::SourceFile;

/// Declares the files of `rules/ruleset/examples/`, each named like the file of rules it is about.
macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../ruleset/examples/", $name))),)*]
    };
}

const FILES: &[(&str, &str)] = files![
    "10-identity.yaml"
    "20-pods.yaml"
    "25-access.yaml"
    "30-rbac.yaml"
    "40-credentials.yaml"
    "50-network.yaml"
    "55-namespaces.yaml"
    "60-nodes.yaml"
    "65-control-plane.yaml"
    "70-users.yaml"
    "80-activity.yaml"
    "90-everything.yaml"
];

/// The examples of the shipped rules, a file for each file of [`crate::shipped`].
pub fn shipped() -> Vec<SourceFile> {
    embedded(FILES)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_file_of_rules_has_its_examples() {
        let names = |files: Vec<crate::SourceFile>| -> Vec<String> {
            files.into_iter().map(|file| file.name).collect()
        };
        assert_eq!(names(super::shipped()), names(crate::shipped()));
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/ruleset/examples");
        let count = std::fs::read_dir(directory).unwrap().count();
        assert_eq!(count, super::FILES.len() + 1, "and the base events, and nothing that nobody reads");
    }
}
