//! What a real API server posted: see tests/bodies/README.md.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

const BODIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/bodies");

#[derive(Deserialize)]
struct Body {
    items: Vec<Box<RawValue>>,
}

/// Every event, byte for byte, in the order in which it came.
pub fn events() -> Vec<Vec<u8>> {
    let mut bodies: Vec<PathBuf> = fs::read_dir(Path::new(BODIES))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    bodies.sort();
    assert!(!bodies.is_empty(), "no bodies in {BODIES}");
    bodies
        .iter()
        .flat_map(|path| serde_json::from_slice::<Body>(&fs::read(path).unwrap()).unwrap().items)
        .map(|event| event.get().as_bytes().to_vec())
        .collect()
}

/// Who sent the request; empty where nobody did.
pub fn user(event: &[u8]) -> String {
    let event: serde_json::Value = serde_json::from_slice(event).unwrap();
    event["user"]["username"].as_str().unwrap_or_default().to_owned()
}
