//! Rule files made to exhaust whoever loads them: each is refused or loads, soon and in bounded memory, whatever the
//! meaning of rules.

use std::fmt::Write;
use std::time::{Duration, Instant};

use rules::{Code, Loaded, Options, SourceFile, load};

/// Far more than any of them takes on a busy machine; without limits most take all memory or hours.
const SOON: Duration = Duration::from_secs(180);

/// What becomes of the file, in both meanings, with the codes of its errors.
fn loaded(text: &str) -> [(Loaded, Vec<Code>); 2] {
    [false, true].map(|falco_exact| {
        let file = SourceFile { name: "hostile.yaml".to_owned(), text: text.to_owned() };
        let start = Instant::now();
        let loaded = load(&[file], &Options { falco_exact, ..Options::default() });
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        let errors = loaded.diagnostics.iter().filter(|found| found.is_error());
        let codes = errors.map(|error| error.code).collect();
        (loaded, codes)
    })
}

fn rule(name: usize, condition: &str, output: &str) -> String {
    format!(
        "- {{rule: r{name}, desc: d, priority: INFO, source: k8s_audit, condition: '{condition}', output: '{output}'}}\n"
    )
}

fn assert_loads(text: &str) {
    for (loaded, codes) in loaded(text) {
        assert!(loaded.program.is_some(), "{codes:?}");
    }
}

fn assert_refused(text: &str, code: Code) {
    for (_, codes) in loaded(text) {
        assert_eq!(codes.first(), Some(&code));
    }
}

#[test]
fn macros_that_deepen_one_another() {
    let mut text = "- {macro: m0, condition: ka.verb exists}\n".to_owned();
    for level in 1..2000 {
        let (open, close) = ("not(".repeat(200), ")".repeat(200));
        writeln!(text, "- {{macro: m{level}, condition: {open}m{}{close}}}", level - 1).unwrap();
    }
    assert_refused(&(text + &rule(0, "m1999", "x")), Code::TooLarge);
}

#[test]
fn many_rules_with_a_huge_macro() {
    let mut text = "- {macro: m0, condition: ka.verb exists}\n".to_owned();
    for level in 1..15 {
        writeln!(text, "- {{macro: m{level}, condition: m{0} and m{0}}}", level - 1).unwrap();
    }
    (0..1000).for_each(|at| text.push_str(&rule(at, "m14", "x")));
    assert_refused(&text, Code::TooLarge);
}

#[test]
fn many_rules_with_a_long_list() {
    let items: Vec<String> = (0..20_000).map(|at| format!("v{at}")).collect();
    let mut text = format!("- {{list: l, items: [{}]}}\n", items.join(","));
    (0..1000).for_each(|at| text.push_str(&rule(at, "ka.verb in (l)", "x")));
    assert_refused(&text, Code::TooLarge);
}

#[test]
fn aliases_of_a_long_text() {
    let text = format!("- {{list: l, items: [&a {}, {}]}}\n", "x".repeat(1 << 20), ["*a"; 10_000].join(", "));
    assert_refused(&text, Code::YamlSyntax);
}

#[test]
fn one_item_of_very_many_keys() {
    let keys: String = (0..50_000).fold(String::new(), |keys, at| keys + &format!(", k{at}: 1"));
    assert_loads(&format!("- {{list: l, items: []{keys}}}\n"));
}

#[test]
fn a_rule_of_very_many_exceptions() {
    let mut text =
        rule(0, "ka.verb exists", "x").trim_end().trim_end_matches('}').to_owned() + ", exceptions: [";
    for at in 0..50_000 {
        write!(text, "{{name: e{at}, fields: ka.verb}}, ").unwrap();
    }
    assert_loads(&(text + "]}\n"));
}

#[test]
fn outputs_of_very_many_fields() {
    assert_loads(&rule(0, "ka.verb exists", &"%ka.verbose ".repeat(50_000)));
    assert_loads(&rule(0, "ka.verb exists", &"%ka.verb[x".repeat(50_000)));
    assert_refused(
        &rule(0, "ka.verb exists", &format!("%ka{}", ".x".repeat(200_000))),
        Code::UnknownOutputField,
    );
    let open = format!("%tolower({}", "tolower(".repeat(200));
    assert_refused(&rule(0, "ka.verb exists", &open.repeat(100)), Code::UnknownOutputField);
}

#[test]
fn names_that_are_nearly_right_and_very_long() {
    let long = "e".repeat(1 << 20);
    assert_refused(&rule(0, &format!("ka.verb{long} exists"), "x"), Code::UnknownField);
    assert_refused(&rule(0, &format!("ka.verb exist{long}"), "x"), Code::ConditionSyntax);
    assert_refused(&rule(0, &format!("m{long}"), "x"), Code::UndefinedMacro);
    assert_refused(&rule(0, "ka.verb exists", &format!("%ka.verc{long}")), Code::UnknownOutputField);
}

#[test]
fn very_many_substrings() {
    let items: Vec<String> = (0..20_000).map(|at| format!("{at}{}", "abcdefghij".repeat(10))).collect();
    assert_loads(&rule(0, &format!("ka.uri contains anyof ({})", items.join(",")), "x"));
}

#[test]
fn very_many_large_patterns() {
    let pattern = |at| format!("{at}{}", "[^a]{1000}".repeat(8));
    let rules = (0..300).map(|at| rule(at, &format!("ka.uri regex \"{}\"", pattern(at)), "x"));
    assert_refused(&rules.collect::<String>(), Code::BadPattern);
}

#[test]
fn depth_everywhere() {
    assert_refused(&rule(0, &format!("{}ka.verb exists", "(".repeat(100_000)), "x"), Code::ConditionSyntax);
    assert_refused(&rule(0, &"not(".repeat(100_000), "x"), Code::ConditionSyntax);
    assert_refused(&rule(0, &format!("{}ka.verb", "tolower(".repeat(100_000)), "x"), Code::ConditionSyntax);
    assert_refused(&format!("- {}", "[".repeat(100_000)), Code::YamlSyntax);
    assert_refused(&format!("- {}", "{a: ".repeat(100_000)), Code::YamlSyntax);
    assert_refused(&"- ".repeat(100_000), Code::YamlSyntax);
    assert_refused(&rule(0, &format!("ka.verb regex \"{}\"", "(".repeat(200)), "x"), Code::BadPattern);
}
