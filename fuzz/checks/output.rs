//! An output template: it is refused, or rendered for an event that has what it names and for one that has nothing.

use rules::{Context, Options, SourceFile, load};

const EVENTS: [&str; 2] = [
    r#"{"auditID":"a","stage":"ResponseComplete","stageTimestamp":"2026-01-31T12:00:00.5Z","verb":"create",
        "user":{"username":"j\u00fcrgen","groups":["a","","b"]},"requestURI":"/api?x=%C3%BC&y",
        "objectRef":{"resource":"pods"},"requestObject":{"spec":{"containers":[{"image":"i:1"}]}}}"#,
    r#"{"stageTimestamp":"2026-01-31T12:00:00Z"}"#,
];

/// Holds what must be true of any template against one.
pub fn check(data: &[u8]) {
    let Ok(template) = std::str::from_utf8(data) else { return };
    let Ok(quoted) = serde_json::to_string(template) else { return };
    let text = format!(
        "- rule: R\n  desc: d\n  condition: evt.num > 0\n  output: {quoted}\n  priority: INFO\n  source: k8s_audit\n"
    );
    let files = [SourceFile { name: "f.yaml".to_owned(), text }];
    for falco_exact in [false, true] {
        let loaded = load(&files, &Options { falco_exact, ..Options::default() });
        let Some(program) = loaded.program else { continue };
        let mut evaluator = program.evaluator();
        for event in EVENTS {
            let context = Context { number: 1, cluster: "c", hostname: Some("h") };
            let evaluation = evaluator.evaluate(event.as_bytes(), &context).expect("an event");
            let [found] = &evaluation.matches[..] else { panic!("the rule matches") };
            assert!(found.fields.is_sorted_by(|a, b| a.0 < b.0), "{:?}", found.fields);
        }
    }
}
