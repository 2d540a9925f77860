//! What redaction costs an event of the recorded bodies: one that has nothing secret, and one that has.
#![expect(clippy::unwrap_used, reason = "a benchmark without its bodies is of no use")]

use std::hint::black_box;
use std::path::Path;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ingest::redact::{Key, Redactor, Settings};
use ingest::split::{Part, split};

fn recorded() -> Vec<Bytes> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bodies");
    let body = |number| Bytes::from(std::fs::read(directory.join(format!("{number:02}.json"))).unwrap());
    let events = (1..=8).map(body).flat_map(|body| {
        let parts: Vec<_> = split(body.clone(), usize::MAX).collect();
        parts.into_iter().filter_map(move |part| match part {
            Ok(Part::Event(range)) => Some(body.slice(range)),
            _ => None,
        })
    });
    events.collect()
}

fn all(criterion: &mut Criterion) {
    let key = Key::new(&[b'k'; 32]).unwrap();
    let every = vec!["requestObject.spec.containers[*].env[*].value".parse().unwrap()];
    let redactors = [
        ("stock", Redactor::new(&Settings::default(), Some(&key))),
        ("a path for all", Redactor::new(&Settings { paths: every, ..Settings::default() }, Some(&key))),
    ];
    let events = recorded();
    let (secret, other): (Vec<Bytes>, Vec<Bytes>) =
        events.iter().cloned().partition(|event| redactors[0].1.event(event.clone()) != event);
    let mut group = criterion.benchmark_group("redact, events");
    for (name, redactor) in &redactors {
        for (kind, events) in [("all", &events), ("secret", &secret), ("other", &other)] {
            group.throughput(Throughput::Elements(events.len().try_into().unwrap()));
            group.bench_function(format!("{name}: {} {kind}", events.len()), |bencher| {
                bencher.iter(|| {
                    let lengths = events.iter().map(|event| redactor.event(black_box(event).clone()).len());
                    lengths.sum::<usize>()
                });
            });
        }
    }
    let stock = &redactors[0].1;
    group.throughput(Throughput::Elements(events.len().try_into().unwrap()));
    group.bench_function("digests", |bencher| {
        bencher.iter(|| events.iter().filter_map(|event| stock.digest(black_box(event))).count());
    });
    group.finish();
}

criterion_group!(benches, all);
criterion_main!(benches);
