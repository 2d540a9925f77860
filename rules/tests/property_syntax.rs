//! Conditions printed and read again are the same, and no text brings the parser or the loader down.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rules::describe::describe;
use rules::syntax::ast::{
    Argument, Check, Constant, Expr, FieldRef, Function, Name, Operand, Operator, Quantifier, Right, Test,
    Transform,
};
use rules::syntax::{Dialect, layout, operand_prefixes, parse_condition};
use rules::{Options, SourceFile, lint, load};

fn field() -> impl Strategy<Value = FieldRef> {
    let name = "[a-z]{1,3}(\\.[a-zA-Z][a-z0-9_]{0,3}){1,3}";
    let argument = option::of("[a-z0-9/ \\[\\]\"'\\\\=.-]{0,6}");
    (name, argument).prop_map(|(name, argument)| FieldRef { name, argument, place: 0..0 })
}

fn constant() -> impl Strategy<Value = Constant> {
    let quoted = "[a-zA-Z0-9 \t\n\\\\\"'(),=ü*]{0,8}";
    let bare = "[a-zA-Z0-9\\\\/*.ü:-]{1,8}";
    prop_oneof![
        quoted.prop_map(|value| Constant { value, quoted: true, place: 0..0 }),
        bare.prop_map(|value| Constant { value, quoted: false, place: 0..0 }),
    ]
}

fn number() -> impl Strategy<Value = Constant> {
    "(0x[0-9a-f]{1,4}|-?[0-9]{1,4}(\\.[0-9]{1,2})?)".prop_map(|value| Constant {
        value,
        quoted: false,
        place: 0..0,
    })
}

fn function() -> impl Strategy<Value = Function> {
    use Function::{B64, Basename, Concat, Getopt, Join, Len, ToLower, ToUpper};
    prop::sample::select(vec![ToLower, ToUpper, B64, Basename, Len, Join, Concat, Getopt])
}

fn operand() -> impl Strategy<Value = Operand> {
    field().prop_map(Operand::Field).prop_recursive(3, 12, 4, |inner| {
        let quoted = constant().prop_filter("transformers take no bare texts", |constant| constant.quoted);
        let plain = prop_oneof![
            inner.prop_map(Argument::Operand),
            number().prop_map(Argument::Constant),
            quoted.prop_map(Argument::Constant),
        ];
        let argument = prop_oneof![plain.clone(), vec(plain, 0..3).prop_map(Argument::List)];
        (function(), vec(argument, 1..4), option::of("[a-z]")).prop_map(|(function, arguments, index)| {
            Operand::Transform(Transform { function, arguments, index, place: 0..0 })
        })
    })
}

fn text_operator() -> impl Strategy<Value = Operator> {
    use Operator::{Contains, DoubleEq, EndsWith, Eq, Glob, IContains, IGlob, Ne, Regex, StartsWith};
    prop::sample::select(vec![
        Eq, DoubleEq, Ne, Contains, IContains, StartsWith, EndsWith, Glob, IGlob, Regex,
    ])
}

fn test() -> impl Strategy<Value = Test> {
    use Operator::{Ge, Gt, In, Intersects, Le, Lt, PMatch};
    let right_operand = || {
        prop_oneof![
            field().prop_map(Operand::Val),
            operand().prop_filter("a field needs val()", |operand| !matches!(operand, Operand::Field(_))),
        ]
        .prop_map(Right::Operand)
    };
    let list = || vec(constant(), 0..4);
    let quantifier = prop::sample::select(vec![Quantifier::One, Quantifier::Any, Quantifier::All]);
    prop_oneof![
        Just(Test::Exists),
        (text_operator(), prop_oneof![constant().prop_map(Right::Constant), right_operand()])
            .prop_map(|(operator, right)| Test::Compare(operator, right)),
        (
            prop::sample::select(vec![Lt, Le, Gt, Ge]),
            prop_oneof![number().prop_map(Right::Constant), right_operand()]
        )
            .prop_map(|(operator, right)| Test::Compare(operator, right)),
        (
            prop::sample::select(vec![In, Intersects, PMatch]),
            prop_oneof![list().prop_map(Right::List), right_operand()]
        )
            .prop_map(|(operator, right)| Test::Compare(operator, right)),
        (text_operator(), quantifier, list())
            .prop_map(|(operator, quantifier, list)| Test::Quantified(operator, quantifier, list)),
    ]
}

fn expr() -> impl Strategy<Value = Expr> {
    let name = "[a-zA-Z][a-z0-9_]{0,5}";
    let is_word = |name: &String| matches!(name.as_str(), "not" | "and" | "or");
    let leaf = prop_oneof![
        (operand(), test()).prop_map(|(left, test)| Expr::Check(Check { left, test, place: 0..0 })),
        name.prop_filter("words join", move |name| !is_word(name))
            .prop_map(|text| Expr::Macro(Name { text, place: 0..0 })),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Expr::And),
            vec(inner.clone(), 2..4).prop_map(Expr::Or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

/// The tree as it prints with every place taken out: places are all that may differ.
fn without_places(expr: &Expr) -> String {
    let debug = format!("{expr:?}");
    let mut out = String::new();
    let mut rest = debug.as_str();
    while let Some((before, behind)) = rest.split_once(", place: ") {
        out.push_str(before);
        rest = behind.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    }
    out + rest
}

/// Words that conditions are made of, in any order.
fn soup() -> impl Strategy<Value = String> {
    let words = [
        "and",
        "or",
        "not",
        "not(",
        "(",
        ")",
        "ka.verb",
        "ka.uri.param[",
        "]",
        "=",
        "!=",
        "<",
        "in",
        "exists",
        "\"",
        "'",
        "\\",
        ",",
        "tolower(",
        "val(",
        "join(",
        "oneof",
        "x",
        "0x1",
        " ",
        "\n",
        "contains",
        "ü",
        "\0",
    ];
    vec(prop::sample::select(words.to_vec()), 0..24).prop_map(|words| words.concat())
}

/// Lines that rule files are made of, in any order.
fn file_soup() -> impl Strategy<Value = String> {
    let lines = [
        "- rule: A",
        "- macro: m",
        "- list: l",
        "  desc: d",
        "  condition: m and ka.verb in (l)",
        "  condition: >",
        "  items: [a, l, m]",
        "  output: x %ka.verb",
        "  priority: INFO",
        "  source: k8s_audit",
        "  append: true",
        "  override: {condition: append}",
        "  override: {items: append}",
        "  enabled: false",
        "  exceptions:",
        "    - {name: e, fields: [ka.uri], values: [[a], [l]]}",
        "    - {name: f, fields: ka.uri, values: [a]}",
        "---",
        "- &x {list: k, items: []}",
        "- *x",
        "    ka.verb = \"a",
        "  tags: [a, b]",
        "\t",
        "- required_engine_version: 1",
        "  condition: \"\\u00fc \\\n    x\"",
    ];
    vec(prop::sample::select(lines.to_vec()), 0..24).prop_map(|lines| lines.join("\n"))
}

fn loads(text: &str) {
    let files = [SourceFile { name: "f.yaml".to_owned(), text: text.to_owned() }];
    for falco_exact in [false, true] {
        let loaded = load(&files, &Options { falco_exact, ..Options::default() });
        let failed = loaded.diagnostics.iter().any(|diagnostic| diagnostic.is_error());
        assert_eq!(failed, loaded.program.is_none());
        if let Some(catalog) = loaded.catalog() {
            let described = describe(&catalog);
            let rules = described.get("rules").and_then(|rules| rules.as_array());
            assert_eq!(rules.map(Vec::len), Some(catalog.rules.len()));
        }
        let remarks = lint(&files, &Options { falco_exact, ..Options::default() });
        for diagnostic in loaded.diagnostics.iter().chain(&remarks) {
            assert!(!diagnostic.render(&files).is_empty());
            assert!(
                diagnostic.span.is_none_or(|span| text.get(span.start..span.end).is_some()),
                "{diagnostic}"
            );
        }
    }
}

proptest! {
    #[test]
    fn printed_and_read_again_a_condition_is_the_same(expr in expr()) {
        let printed = expr.to_string();
        let read = parse_condition(&printed, Dialect::Saker);
        let read = read.map_err(|error| TestCaseError::fail(format!("{error} at {:?}: {printed}", error.place)))?;
        prop_assert_eq!(without_places(&read), without_places(&expr), "{}", printed);
    }

    #[test]
    fn over_several_lines_a_condition_is_the_same(expr in expr(), width in 0_usize..80) {
        let laid_out = layout(&expr, width);
        let read = parse_condition(&laid_out, Dialect::Saker);
        let read = read.map_err(|error| TestCaseError::fail(format!("{error} at {:?}: {laid_out}", error.place)))?;
        prop_assert_eq!(without_places(&read), without_places(&expr), "{}", laid_out);
    }

    #[test]
    fn the_parser_takes_any_text(text in any::<String>()) {
        let _ = parse_condition(&text, Dialect::Saker);
        let _ = parse_condition(&text, Dialect::Falco);
    }

    #[test]
    fn places_lie_in_the_text(text in soup()) {
        for dialect in [Dialect::Saker, Dialect::Falco] {
            match parse_condition(&text, dialect) {
                Ok(expr) => expr.each_check(&mut |check| assert!(text.get(check.place.clone()).is_some())),
                Err(error) => prop_assert!(text.get(error.place.clone()).is_some(), "{error:?}"),
            }
        }
        prop_assert!(operand_prefixes(&text, Dialect::Saker).all(|(_, end)| text.get(..end).is_some()));
    }

    #[test]
    fn the_loader_takes_any_text(text in any::<String>()) {
        loads(&text);
    }

    #[test]
    fn the_loader_takes_any_lines(text in file_soup()) {
        loads(&text);
    }
}

#[test]
fn nesting_without_end_is_an_error() {
    for opening in ["(", "not(", "tolower(", "not (", "a and (", "join(\",\", tolower("] {
        let error = parse_condition(&opening.repeat(100_000), Dialect::Saker).unwrap_err();
        assert!(error.message.contains("nested too deeply"), "{opening}: {error}");
    }
    let nested = format!("{}ka.verb exists{}", "(".repeat(190), ")".repeat(190));
    assert!(parse_condition(&nested, Dialect::Saker).is_ok());
}
