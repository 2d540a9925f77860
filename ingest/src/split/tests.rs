//! Bodies and what becomes of them.

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use proptest::prelude::*;

use super::*;

const ROOM: usize = 64 << 20;

/// An event as an item of a list: `(a)` in a case.
fn item(name: &str) -> String {
    format!(r#"{{"stage":"{name}","stageTimestamp":"2026-01-31T12:00:00.5Z"}}"#)
}

/// An event as it stands alone: `<a>` in a case.
fn alone(name: &str) -> String {
    format!(r#"{{"kind":"Event","stage":"{name}","stageTimestamp":"2026-01-31T12:00:00.5Z"}}"#)
}

/// The beginning of a list: `LIST` in a case.
const LIST: &str = r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":"#;

fn written_out(case: &str) -> String {
    let mut body = case.replace("LIST", LIST);
    for name in ["a", "b", "c"] {
        body = body.replace(&format!("({name})"), &item(name)).replace(&format!("<{name}>"), &alone(name));
    }
    body
}

/// Undoes [`written_out`], so that snapshots stay legible.
fn shortened(text: &str) -> String {
    let mut short = text.replace(LIST, "LIST");
    for name in ["a", "b", "c"] {
        short = short.replace(&item(name), &format!("({name})")).replace(&alone(name), &format!("<{name}>"));
    }
    short.replace('\n', "⏎")
}

fn parts(body: &[u8]) -> Result<Vec<Part>, NotJson> {
    split(body, ROOM).collect()
}

fn rendered(body: &str) -> String {
    let text = |range: &Range<usize>| shortened(&String::from_utf8_lossy(&body.as_bytes()[range.clone()]));
    match parts(body.as_bytes()) {
        Err(error) => format!("  {error}\n"),
        Ok(parts) => parts.iter().fold(String::new(), |mut out, part| {
            match part {
                Part::Event(range) => writeln!(out, "  event {}", text(range)).unwrap(),
                Part::Broken(Broken { range, code, reason }) => {
                    writeln!(out, "  {} `{}`: {reason}", code.as_str(), text(range)).unwrap();
                }
            }
            out
        }),
    }
}

fn snapshot(cases: &[&str]) -> String {
    cases.iter().fold(String::new(), |out, case| {
        format!("{out}{}\n{}", case.replace('\n', "⏎"), rendered(&written_out(case)))
    })
}

fn events(body: &[u8]) -> Vec<String> {
    let events = split(body, ROOM).filter_map(|part| match part {
        Ok(Part::Event(range)) => Some(String::from_utf8_lossy(&body[range]).into_owned()),
        _ => None,
    });
    events.collect()
}

/// Holds cases against the snapshot of the test, which carries their names already.
macro_rules! assert_parts {
    ($cases:expr) => {
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(snapshot($cases)) })
    };
}

#[test]
fn bodies_of_every_shape_give_their_events() {
    assert_parts!(&[
        "LIST[(a),(b)]}\n",
        "LIST[ (a) ,\n (b) ] , \"x\":[1]} ",
        "LIST[]}",
        "LIST null}",
        "<a>",
        "<a>\n<b>\r\n<c>\n",
        "<a><b> <c>",
        "[<a>,<b>]",
        "[[<a>],[],[[<b>,LIST[(c)]}]]]",
        "LIST[(a)]}\nLIST[(b)]}\n<c>",
        r#"{"items":[(a),(b)],"kind":"EventList"}"#,
        r#"{"k\u0069nd":"EventLis\u0074","it\u0065ms":[(a)]}"#,
        r#"{"kind":"EventList","kind":"Event","items":[(a)],"items":[(b)]}"#,
        r#"{"stageTimestamp":"2026-01-31T12:00:00Z","items":[1],"kind":"Event"}"#,
        "\u{feff}<a>",
    ]);
}

#[test]
fn what_is_no_event_is_set_aside_alone() {
    assert_parts!(&[
        "LIST[(a),{\"b\":tru},(c)]}",
        "LIST[(a),{\"b\":{\"x\":[1,]}},(c)]}",
        "LIST[(a),{\"b\":\"}]\\\"\"x},(c)]}",
        "LIST[(a),garbage here,(c)]}",
        "LIST[(a),,(c),]}",
        "LIST[(a)(b)]}",
        "LIST[(a),{]},(c)]}",
        "LIST[(a),1,null,\"x\",[(b)],(c)]}",
        "LIST[(a),{},{\"stageTimestamp\":\"today\"},{\"stageTimestamp\":1},(c)]}",
        "LIST[(a)],oops}\n<b>",
        "LIST[(a)]\n<b>",
        "<a>\n{\"kind\":\"Event\",\"cut\n<c>",
        "<a>\nnot json at all\n<c>",
        "<a>\n{\"kind\":\"Pod\"}\n[1]\n{\"kind\":1}\n<c>",
        "{\"kind\":\"EventList\"}\n{\"kind\":\"EventList\",\"items\":{}}\n<c>",
        "{\"items\":[(a),tru,(c)],\"kind\":\"EventList\"}",
        "{\"items\":[tru],\"kind\":\"Event\"}<c>",
        "hello\n<a>",
        "]<a>}<b>",
        "LIST[garbage]}",
        "{\"apiVersion\":\"v1\"}",
        "5",
    ]);
}

#[test]
fn bodies_that_are_cut_give_what_is_whole() {
    assert_parts!(&[
        "LIST[(a),(b)]",
        "LIST[(a),(b)",
        "LIST[(a),",
        "LIST[(a),{\"stage\":\"b",
        "LIST[(a),{\"stage\":{\"b\":1}\nLIST[(b),(c)]}",
        "LIST[(a),{\"stage\":\"x\nLIST[(b),(c)]}",
        "LIST[{\"stage\":",
        "[<a>,<b>",
    ]);
}

#[test]
fn bodies_that_are_not_json_say_where() {
    assert_parts!(&[
        "",
        " \n ",
        "hello world",
        "<html>\n",
        "{\"kind\":\"Event\",\n \"é\":x}",
        "{kind:Event}",
        "[[[",
        "{\"kind\":\"EventList\"",
        "\"\u{1}",
    ]);
    assert_eq!(parts(b"\x1f\x8b\x08").unwrap_err().found, "byte 0x1f");
}

#[test]
fn large_and_deep_events_are_set_aside() {
    let body = written_out("LIST[(a),(b)]}");
    let sizes: Vec<_> = split(body.as_bytes(), item("a").len() - 1).map(Result::unwrap).collect();
    assert!(
        sizes.iter().all(|part| matches!(part, Part::Broken(Broken { code: Code::TooLarge, .. }))),
        "{sizes:?}"
    );

    let nested = |depth: usize| {
        format!(
            r#"{{"stageTimestamp":"2026-01-31T12:00:00Z","x":{}}}"#,
            "[".repeat(depth) + &"]".repeat(depth)
        )
    };
    let body = format!("{LIST}[{},{},{},{}]}}", nested(299), nested(300), nested(10_000), item("a"));
    assert_eq!(events(body.as_bytes()), [nested(299), item("a")]);
    let codes: Vec<_> = split(body.as_bytes(), ROOM)
        .filter_map(|part| match part.unwrap() {
            Part::Broken(broken) => Some((broken.code, broken.range.len())),
            Part::Event(_) => None,
        })
        .collect();
    assert_eq!(codes, [(Code::TooDeep, nested(300).len()), (Code::TooDeep, nested(10_000).len())]);
}

#[test]
fn odd_bytes_do_not_matter_inside_events() {
    let mut event = br#"{"stageTimestamp":"2026-01-31T12:00:00Z","x":""#.to_vec();
    event.extend_from_slice(b"\xff\x00\x01\n\\q\",\"n\":[1.2.3,NaN,-Inf,1e999]}");
    let body = [LIST.as_bytes(), b"[", &event, b"]}"].concat();
    assert_eq!(parts(&body).unwrap(), [Part::Event(LIST.len() + 1..body.len() - 2)]);
}

/// Bodies made to be read again and again take no longer than their length allows.
#[test]
fn hostile_bodies_take_no_long_time() {
    let bodies = [
        "[\n".repeat(1 << 19),
        "{\"a\":\n".repeat(1 << 18),
        format!("{LIST}[{{\n").repeat(1 << 14),
        "{\"items\":[x\n".repeat(1 << 16),
        "{\"kind\":\"EventList\",\"items\":[".repeat(1 << 15),
        "{\"items\":[],\"kind\":\"EventList\",\"items\":[".repeat(1 << 15),
        "\"\\\"".repeat(1 << 18),
        format!("{LIST}[{}", "{\"a\":x},".repeat(1 << 16)),
        "{".repeat(1 << 20),
        "1\n".repeat(1 << 19),
        "{\"a\":\"\n[1,[1,[\n".repeat(1 << 16),
    ];
    for body in bodies {
        let head: String = body.chars().take(20).collect();
        let started = std::time::Instant::now();
        let count = split(body.as_bytes(), ROOM).count();
        let took = started.elapsed();
        assert!(took.as_secs() < 10, "{head:?}: {count} parts in {took:?}");
    }
}

/// A list as serde sees it.
#[derive(serde::Deserialize)]
struct EventList<'a> {
    #[serde(borrow)]
    items: Vec<&'a serde_json::value::RawValue>,
}

fn recorded() -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bodies");
    (1..=8).map(|number| std::fs::read(directory.join(format!("{number:02}.json"))).unwrap()).collect()
}

#[test]
fn recorded_bodies_split_as_serde_sees_them() {
    let mut total = 0;
    for body in recorded() {
        let list: EventList<'_> = serde_json::from_slice(&body).unwrap();
        let expected: Vec<&str> = list.items.iter().map(|item| item.get()).collect();
        assert!(events(&body) == expected, "other events");
        assert_eq!(parts(&body).unwrap().len(), expected.len());
        total += expected.len();
    }
    assert_eq!(total, 2526);
}

/// What holds for every body: parts lie inside, in order, apart, and events are what they must be.
fn check(body: &[u8]) {
    let Ok(parts) = parts(body) else { return };
    let mut end = 0;
    for part in parts {
        let (Part::Event(range) | Part::Broken(Broken { range, .. })) = part.clone();
        assert!(
            range.start >= end && range.start <= range.end && range.end <= body.len(),
            "{range:?} behind {end}"
        );
        end = range.end;
        if matches!(part, Part::Event(_)) {
            assert_eq!((body[range.start], body[range.end - 1]), (b'{', b'}'));
        }
    }
}

/// Pieces that make interesting bodies when they are thrown together.
fn piece() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "(a)",
        "<b>",
        "LIST[",
        "]}",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        " ",
        "{}",
        "tru",
        "1.2",
        "null",
        "\"kind\"",
        "\"EventList\"",
        "\"items\"",
        "\"stageTimestamp\"",
        "\"Event\"",
        "x",
        "é",
        "{\"a\":tru}",
    ])
    .prop_map(written_out)
}

/// Any JSON, as serde sees JSON.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
        prop::sample::select(vec!["[", "}", "\"", "\\", "\\\"", "EventList"]).prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        let key = prop_oneof![any::<String>(), Just("items".to_owned()), Just("kind".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::hash_map(key, inner, 0..5).prop_map(serde_json::Value::from_iter),
        ]
    })
}

proptest! {
    /// Whatever valid events hold, they are found where serde finds them.
    #[test]
    fn valid_lists_split_as_serde_sees_them(values in prop::collection::vec(json(), 0..6), pretty in any::<bool>()) {
        let items: Vec<_> = values.iter().map(|value| {
            serde_json::json!({"a": value, "stageTimestamp": "2026-01-31T12:00:00Z", "z": value})
        }).collect();
        let list = serde_json::json!({"kind": "EventList", "a": values, "items": items});
        let body = if pretty { serde_json::to_string_pretty(&list) } else { serde_json::to_string(&list) }.unwrap();
        let seen: EventList<'_> = serde_json::from_str(&body).unwrap();
        let seen: Vec<_> = seen.items.iter().map(|item| item.get()).collect();
        prop_assert_eq!(parts(body.as_bytes()).unwrap().len(), seen.len());
        prop_assert_eq!(events(body.as_bytes()), seen);
    }

    #[test]
    fn any_bytes_split(body in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&body);
    }

    #[test]
    fn any_pieces_split(pieces in prop::collection::vec(piece(), 0..40)) {
        check(pieces.concat().as_bytes());
    }

    /// Whatever balanced or bracketless garbage stands between them, the events of a list are all found.
    #[test]
    fn neighbours_survive(between in prop::collection::vec(
        prop::sample::select(vec!["{\"a\":tru}", "{]", "x y", "{\"}\":[}]", "{{{}}}", "1", "", "\"s\"", "[x]"]), 1..8)
    ) {
        let items: Vec<String> = between.iter().map(|garbage| format!("{},{garbage}", item("a"))).collect();
        let body = format!("{LIST}[{}]}}", items.join(","));
        prop_assert_eq!(events(body.as_bytes()).len(), between.len());
        check(body.as_bytes());
    }

    /// A recorded body that is cut gives the events that are whole, and says that something is missing.
    #[test]
    fn cut_bodies_keep_their_whole_events(place in any::<prop::sample::Index>()) {
        let body = &recorded()[7];
        let cut = place.index(body.len() - 2);
        let whole: Vec<_> = parts(body).unwrap().into_iter().filter(|part| matches!(part, Part::Event(range) if range.end <= cut)).collect();
        match parts(&body[..cut]) {
            Ok(mut found) => {
                let rest = found.pop();
                prop_assert!(matches!(rest, Some(Part::Broken(_))), "{rest:?}");
                prop_assert_eq!(found, whole);
            }
            Err(_) => prop_assert!(whole.is_empty()),
        }
    }
}
