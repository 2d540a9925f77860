//! What each alert costs at each sink before it is sent: the conditions of routes, and Falco's JSON.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use notifier::Filter;
use notifier::falco::{self, Form};
use proto::alerts::v1::value::Kind;
use proto::alerts::v1::{Alert, Field, Priority, Value};

/// Such as routes have.
const CONDITIONS: [&str; 4] = [
    "alert.priority >= critical",
    "ka.target.namespace startswith payments- and alert.cluster in (prod-1, prod-2)",
    "alert.rule = 'Attach/Exec Pod' and not ka.user.name in (alice, bob)",
    "alert.tags intersects (mitre_execution) and ka.user.groups exists",
];

fn alert() -> Alert {
    let field = |name: &str, text: &str| Field {
        name: name.to_owned(),
        value: Some(Value { kind: Some(Kind::Text(text.to_owned())) }),
    };
    Alert {
        id: "0f9c1e6a-5b7d-8e21-9c43-2a6f0d1b7e58".to_owned(),
        cluster: "prod-1".to_owned(),
        rule: "Attach/Exec Pod".to_owned(),
        priority: Priority::Warning.into(),
        source: "k8s_audit".to_owned(),
        tags: vec!["k8s".to_owned(), "mitre_execution".to_owned()],
        message: "Attach/Exec to pod (user=carol pod=web-0 ns=payments-eu action=exec command=sh)".to_owned(),
        fields: vec![
            field("ka.target.name", "web-0"),
            field("ka.target.namespace", "payments-eu"),
            field("ka.uri.param[command]", "sh"),
            field("ka.user.name", "carol"),
        ],
        ..Alert::default()
    }
}

fn alerts(criterion: &mut Criterion) {
    let (alert, filters) = (alert(), CONDITIONS.map(|condition| condition.parse::<Filter>().unwrap()));
    let mut group = criterion.benchmark_group("alerts");
    group.throughput(Throughput::Elements(1));
    group.bench_function("four conditions", |bencher| {
        bencher.iter(|| filters.iter().filter(|filter| filter.admits(black_box(&alert))).count());
    });
    group.bench_function("Falco's JSON", |bencher| {
        bencher.iter(|| falco::json(black_box(&alert), Form::Extended));
    });
    group.finish();
}

criterion_group!(benches, alerts);
criterion_main!(benches);
