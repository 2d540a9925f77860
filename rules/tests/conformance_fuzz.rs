//! Every verdict of the real program on 1,500 generated conditions and 900 events.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers")]

mod support;

use std::collections::BTreeSet;

use rules::{Context, compile};
use support::{exact, resolved, rule, shared, shared_lines};

fn check(folder: &str) {
    let Some(hits) = shared_lines(&format!("conformance/{folder}/hits.jsonl")) else { return };
    let events = shared(&format!("conformance/{folder}/events.jsonl")).unwrap();
    let rules: Vec<_> = hits
        .iter()
        .map(|hit| {
            rule(hit["rule"].as_str().unwrap(), hit["condition"].as_str().unwrap(), "#%evt.num").unwrap()
        })
        .collect();
    let (program, problems) = compile(&resolved(rules), &exact());
    assert!(problems.is_empty(), "{problems:?}");
    let mut evaluator = program.evaluator();
    let mut found = vec![BTreeSet::new(); hits.len()];
    let mut number = 1;
    for event in events.lines() {
        let context = Context { number, hostname: Some("vm"), ..Context::default() };
        let Ok(evaluation) = evaluator.evaluate(event.as_bytes(), &context) else { continue };
        for matched in evaluation.matches {
            assert_eq!(matched.message, format!("#{number}"));
            found[matched.rule].insert(number);
        }
        number += 1;
    }
    let mut wrong = Vec::new();
    for (hit, found) in hits.iter().zip(&found) {
        let expected: BTreeSet<u64> =
            hit["hits"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
        let (more, fewer): (Vec<_>, Vec<_>) =
            (found.difference(&expected).collect(), expected.difference(found).collect());
        if !more.is_empty() || !fewer.is_empty() {
            wrong.push(format!(
                "{}: {}\n  too many {more:?}\n  missing {fewer:?}",
                hit["rule"], hit["condition"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} conditions\n{}", wrong.len(), hits.len(), wrong.join("\n"));
    assert!(hits.len() >= 700);
}

#[test]
fn fuzz() {
    check("fuzz");
}

#[test]
fn fuzz_pods() {
    check("fuzz-pods");
}
