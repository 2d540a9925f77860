//! The rules that come with the product, embedded.

use crate::source::SourceFile;

/// Name and text of every file of `rules/ruleset/`, in the order of their names, which is the order they load in.
const FILES: &[(&str, &str)] = &[
    ("10-identity.yaml", include_str!("../ruleset/10-identity.yaml")),
    ("20-pods.yaml", include_str!("../ruleset/20-pods.yaml")),
    ("25-access.yaml", include_str!("../ruleset/25-access.yaml")),
    ("30-rbac.yaml", include_str!("../ruleset/30-rbac.yaml")),
    ("40-credentials.yaml", include_str!("../ruleset/40-credentials.yaml")),
    ("50-network.yaml", include_str!("../ruleset/50-network.yaml")),
    ("55-namespaces.yaml", include_str!("../ruleset/55-namespaces.yaml")),
    ("60-nodes.yaml", include_str!("../ruleset/60-nodes.yaml")),
    ("65-control-plane.yaml", include_str!("../ruleset/65-control-plane.yaml")),
    ("70-users.yaml", include_str!("../ruleset/70-users.yaml")),
    ("80-activity.yaml", include_str!("../ruleset/80-activity.yaml")),
    ("90-everything.yaml", include_str!("../ruleset/90-everything.yaml")),
];

/// The shipped ruleset, in the order in which it is meant to be loaded.
pub fn shipped() -> Vec<SourceFile> {
    embedded(FILES)
}

/// Names and texts as files.
pub(crate) fn embedded(files: &[(&str, &str)]) -> Vec<SourceFile> {
    let file =
        |(name, text): &(&str, &str)| SourceFile { name: (*name).to_owned(), text: (*text).to_owned() };
    files.iter().map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_directory_is_embedded_in_order() {
        let mut names: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/ruleset"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".yaml"))
            .collect();
        names.sort();
        let embedded: Vec<String> = shipped().into_iter().map(|file| file.name).collect();
        assert_eq!(embedded, names);
    }
}
