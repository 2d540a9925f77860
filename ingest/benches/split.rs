//! How fast recorded bodies are split, and packed into chunks.
#![expect(clippy::unwrap_used, reason = "a benchmark without its bodies is of no use")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ingest::Cluster;
use ingest::batch::{Origin, pack};
use ingest::redact::{self, Redactor};
use ingest::split::split;

const MAX_EVENT: usize = 64 << 20;

fn recorded() -> Vec<Bytes> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bodies");
    (1..=8).map(|number| std::fs::read(directory.join(format!("{number:02}.json"))).unwrap().into()).collect()
}

fn all(criterion: &mut Criterion) {
    let bodies = recorded();
    let bytes: usize = bodies.iter().map(Bytes::len).sum();
    let events: usize = bodies.iter().map(|body| split(body, MAX_EVENT).count()).sum();
    let mut group = criterion.benchmark_group("recorded bodies");
    let throughputs = [
        ("bytes", Throughput::Bytes(bytes.try_into().unwrap())),
        ("events", Throughput::Elements(events.try_into().unwrap())),
    ];
    for (unit, throughput) in throughputs {
        group.throughput(throughput);
        group.bench_function(format!("split, {unit}"), |bencher| {
            bencher
                .iter(|| bodies.iter().map(|body| split(black_box(body), MAX_EVENT).count()).sum::<usize>());
        });
    }
    let redactor = Arc::new(Redactor::new(&redact::Settings::default(), None));
    group.bench_function("pack, events", |bencher| {
        bencher.iter(|| {
            let packed = bodies.iter().map(|body| {
                let origin = Origin { cluster: Cluster::default(), received_unix_nanos: 0 };
                pack(black_box(body).clone(), origin, MAX_EVENT, Arc::clone(&redactor)).count()
            });
            packed.sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, all);
criterion_main!(benches);
