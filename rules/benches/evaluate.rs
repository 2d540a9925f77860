//! How many events a second one thread gets through: reading alone, and with rules.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rules::event::{Event, Tape};
use rules::{Context, Matching, Options, SourceFile, load};
use serde_json::value::RawValue;

/// Falco drops larger events; two megabytes of config maps would be most of the time otherwise.
const MAX_EVENT: usize = 256 << 10;

#[derive(serde::Deserialize)]
struct Body {
    items: Vec<Box<RawValue>>,
}

/// The events of the bodies that an API server posted.
fn events() -> Vec<Vec<u8>> {
    let bodies = files(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/bodies"), "json");
    let events = bodies.iter().flat_map(|body| serde_json::from_str::<Body>(&body.text).unwrap().items);
    let events = events.map(|event| event.get().as_bytes().to_vec());
    events.filter(|event| event.len() <= MAX_EVENT).collect()
}

fn files(folder: &str, extension: &str) -> Vec<SourceFile> {
    let mut paths: Vec<_> =
        std::fs::read_dir(Path::new(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    let file = |path: std::path::PathBuf| SourceFile {
        name: path.display().to_string(),
        text: std::fs::read_to_string(path).unwrap(),
    };
    paths.into_iter().map(file).collect()
}

fn evaluate(criterion: &mut Criterion) {
    let events = events();
    let mut group = criterion.benchmark_group("events");
    group.throughput(Throughput::Elements(u64::try_from(events.len()).unwrap()));
    group.bench_function("read", |bencher| {
        let mut tape = Tape::default();
        bencher.iter(|| {
            for event in &events {
                black_box(Event::read(event, &mut tape).unwrap());
            }
        });
    });
    for matching in [Matching::First, Matching::All] {
        let rules = files(concat!(env!("CARGO_MANIFEST_DIR"), "/ruleset"), "yaml");
        let program = load(&rules, &Options { matching, ..Options::default() }).program.unwrap();
        let mut evaluator = program.evaluator();
        group.bench_function(format!("shipped rules, {matching:?}"), |bencher| {
            bencher.iter(|| {
                for (number, event) in (1..).zip(&events) {
                    let context = Context { number, ..Context::default() };
                    black_box(evaluator.evaluate(event, &context).unwrap());
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, evaluate);
criterion_main!(benches);
