//! An event: the shipped rules and a rule for every field take any bytes, the first match of `first` is the first of
//! `all`, and an event judged again is judged the same.

use std::cell::RefCell;

use rules::fields::{ArgumentKind, fields};
use rules::{Context, Evaluator, Matching, Options, SourceFile, load, shipped};

/// What bytes are held against.
struct Judges {
    first: Evaluator,
    all: Evaluator,
    every_field: [Evaluator; 2],
}

thread_local! {
    static JUDGES: RefCell<Judges> = RefCell::new(Judges::new());
}

/// Holds what must be true of any bytes against some.
pub fn check(data: &[u8]) {
    JUDGES.with_borrow_mut(|judges| judges.check(data));
}

impl Judges {
    fn new() -> Self {
        let options = |matching, falco_exact| Options { matching, falco_exact, ..Options::default() };
        let shipped_rules = |matching| evaluator(&shipped(), &options(matching, false));
        let every = [SourceFile { name: "every.yaml".to_owned(), text: every_field() }];
        Self {
            first: shipped_rules(Matching::First),
            all: shipped_rules(Matching::All),
            every_field: [false, true].map(|exact| evaluator(&every, &options(Matching::All, exact))),
        }
    }

    fn check(&mut self, data: &[u8]) {
        let context = Context { number: 1, cluster: "c", hostname: Some("h") };
        let all = self.all.evaluate(data, &context);
        assert_eq!(all, self.all.evaluate(data, &context));
        let first = self.first.evaluate(data, &context);
        match (&first, &all) {
            (Ok(first), Ok(all)) => assert_eq!(first.matches.first(), all.matches.first()),
            (first, all) => assert_eq!(first.is_err(), all.is_err()),
        }
        for evaluator in &mut self.every_field {
            assert_eq!(evaluator.evaluate(data, &context).is_err(), all.is_err());
        }
    }
}

fn evaluator(files: &[SourceFile], options: &Options) -> Evaluator {
    let loaded = load(files, options);
    let program = loaded.program.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    program.evaluator()
}

/// A rule that matches everything and names every field there is.
fn every_field() -> String {
    let named = fields().map(|field| match field.argument {
        ArgumentKind::None => format!("%{}", field.name),
        ArgumentKind::Index => format!("%{0} %{0}[0] %{0}[1]", field.name),
        ArgumentKind::Key => format!("%{0}[a] %{0}[/a*]", field.name),
        ArgumentKind::Pointer => format!("%{0}[/a] %{0}[/requestObject/0/op]", field.name),
    });
    let named: Vec<_> = named.collect();
    format!(
        "- rule: R\n  desc: d\n  condition: evt.num > 0\n  output: \"{}\"\n  priority: INFO\n  source: k8s_audit\n",
        named.join(" ")
    )
}
