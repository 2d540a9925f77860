//! The examples of `docs/sinks` load and can be set up, and each page tells of all settings of its sink.

use std::path::{Path, PathBuf};

use notifier::{Notifier, Settings, SinkSettings};
use serde::{Deserialize, Serialize};
use service::config::{self, Configuration, OpenMap, Shape, Sources};

use crate::authority::Authority;
use crate::support::open;

/// A program with nothing but a notifier.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Program {
    notifier: Settings,
}

impl Configuration for Program {
    fn shape() -> Shape {
        Shape::default().open_map(OpenMap::new("notifier.sinks", SinkSettings::models()))
    }
}

fn pages() -> Vec<(String, String)> {
    let directory: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sinks");
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    entries.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect()
}

fn page_of(sink: &str) -> String {
    let found = pages().into_iter().find(|(name, _)| name == sink);
    found.unwrap_or_else(|| panic!("docs/sinks/{sink}.md is missing")).1
}

fn examples(page: &str) -> Vec<&str> {
    page.split("```yaml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
}

/// What each secret that an example names may be.
fn secrets(example: &str) -> Vec<(String, String)> {
    let names = example.split("${").skip(1).map(|rest| rest.split_once('}').unwrap().0);
    let secret = |name: &str| match name.ends_with("URL") {
        true => "https://hooks.example/geheim".to_owned(),
        false => "a secret of some length".to_owned(),
    };
    names.map(|name| (name.to_owned(), secret(name))).collect()
}

#[test]
fn there_is_a_page_for_each_sink_and_it_names_every_setting() {
    let own_by_delivery = serde_json::to_value(notifier::DeliverySettings::default()).unwrap();
    for (sink, model) in SinkSettings::models() {
        let page = page_of(&sink);
        let keys = model.as_object().unwrap().keys();
        for key in keys.filter(|key| *key != "type" && own_by_delivery.get(key).is_none()) {
            let row = page.contains(&format!("| `{key}` |"));
            assert!(row, "docs/sinks/{sink}.md has no row for `{key}`");
        }
        assert!(!examples(&page).is_empty(), "docs/sinks/{sink}.md has no example");
    }
}

#[tokio::test]
async fn the_examples_load_and_can_be_set_up() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::new("ours");
    std::fs::write(directory.path().join("ca.pem"), &authority.pem).unwrap();
    std::fs::write(directory.path().join("client.pem"), authority.client("saker", 1).both()).unwrap();
    for (name, page) in pages() {
        for example in examples(&page) {
            let example = example.replace("/etc/saker", directory.path().to_str().unwrap());
            let file = directory.path().join("saker.yaml");
            std::fs::write(&file, &example).unwrap();
            let sources = Sources { file: Some(file), environment: secrets(&example), flags: Vec::new() };
            let program: Program = config::load(sources).unwrap_or_else(|error| panic!("{name}.md: {error}"));
            let stop = service::Shutdown::new();
            stop.request();
            let bus = open(tempfile::tempdir().unwrap().path()).await;
            let run = Notifier::new(bus, program.notifier).run(stop).await;
            run.unwrap_or_else(|error| panic!("{name}.md: {error}"));
        }
    }
}
