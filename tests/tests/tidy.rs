//! What clippy cannot check: the arrows between crates, who may name what, and the shape of files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const OURS: [&str; 8] = ["bus", "evaluator", "ingest", "notifier", "proto", "rules", "saker", "service"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_path_buf()
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        for entry in
            fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sources_of(name: &str) -> Vec<(PathBuf, String)> {
    let files = rust_files(&root().join(name).join("src"));
    assert!(!files.is_empty(), "{name} has no sources");
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn dependencies(name: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).map(str::to_owned).collect()
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let allowed = [
        ("proto", [].as_slice()),
        ("rules", &[]),
        ("service", &[]),
        ("bus", &["proto", "service"]),
        ("ingest", &["bus", "proto", "service"]),
        ("evaluator", &["bus", "proto", "service", "rules"]),
        ("notifier", &["bus", "proto", "service", "rules"]),
    ];
    for (name, allowed) in allowed {
        for dependency in dependencies(name) {
            let ours = OURS.contains(&dependency.as_str());
            assert!(
                !ours || allowed.contains(&dependency.as_str()),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn some_things_have_one_home() {
    let homes = [
        ("async_nats", ["bus"].as_slice()),
        ("tracing_subscriber", &["service"]),
        ("opentelemetry", &["service"]),
        ("signal::unix", &["service"]),
        ("redb::", &["bus"]),
    ];
    for (word, homes) in homes {
        for name in OURS.iter().filter(|name| !homes.contains(name)) {
            for (path, text) in sources_of(name) {
                assert!(!text.contains(word), "{} names {word}, which belongs to {homes:?}", path.display());
            }
        }
        assert!(
            homes.iter().any(|home| sources_of(home).iter().any(|(_, text)| text.contains(word))),
            "{word} is gone"
        );
    }
    for name in ["rules", "proto"] {
        for word in ["tokio", "std::fs", "std::env::", "SystemTime", "async fn"] {
            for (path, text) in sources_of(name) {
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                assert!(!code.contains(word), "{} names {word}, but {name} is pure", path.display());
            }
        }
    }
}

#[test]
fn files_say_what_they_are_and_end_in_time() {
    for name in OURS.into_iter().chain(["chaos", "tests"]) {
        for (path, text) in sources_of(name) {
            assert!(text.starts_with("//!"), "{} does not open with //!", path.display());
            let lines = text.split("\n#[cfg(test)]").next().unwrap_or_default().lines().count();
            assert!(lines <= 400, "{} has {lines} lines without its tests: split it by idea", path.display());
        }
    }
}

#[test]
fn mains_are_short() {
    for name in ["ingest", "evaluator", "notifier", "saker"] {
        let lines = fs::read_to_string(root().join(name).join("src/main.rs")).unwrap().lines().count();
        assert!(lines <= 40, "{name}/src/main.rs has {lines} lines");
    }
}
