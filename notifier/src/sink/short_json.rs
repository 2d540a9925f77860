//! Falco's JSON within a number of bytes: text is shortened, and at last the output fields are left out, so that what
//! is sent is JSON whatever its length.

use std::fmt::Write;

use proto::alerts::v1::value::Kind;
use proto::alerts::v1::{Alert, Field, Value};

use super::within_bytes;
use crate::falco::{self, Form};

/// The lengths that all text is cut to, one after the other, until the object fits.
const LENGTHS: [usize; 5] = [4096, 1024, 256, 64, 24];

/// The alert in up to `room` bytes.
pub(crate) fn object(alert: &Alert, room: usize) -> String {
    within(alert, room, |json| json)
}

/// The same in ASCII.
pub(crate) fn in_ascii(alert: &Alert, room: usize) -> String {
    within(alert, room, |json| ascii(&json))
}

fn within(alert: &Alert, room: usize, shape: impl Fn(String) -> String) -> String {
    let shaped = |alert: &Alert| shape(falco::json(alert, Form::Extended));
    let whole = shaped(alert);
    if whole.len() <= room {
        return whole;
    }
    let mut shorter = LENGTHS.iter().map(|longest| shaped(&shortened(alert, *longest)));
    let without_fields = || {
        let alert = Alert { fields: vec![left_out(alert.fields.len())], tags: Vec::new(), ..alert.clone() };
        shaped(&shortened(&alert, 24))
    };
    shorter.find(|json| json.len() <= room).unwrap_or_else(without_fields)
}

fn shortened(alert: &Alert, longest: usize) -> Alert {
    let mut short = alert.clone();
    for text in
        [&mut short.message, &mut short.rule, &mut short.hostname, &mut short.cluster, &mut short.source]
    {
        *text = within_bytes::cut(text, longest);
    }
    for text in &mut short.tags {
        *text = within_bytes::cut(text, longest);
    }
    for field in &mut short.fields {
        match field.value.as_mut().and_then(|value| value.kind.as_mut()) {
            Some(Kind::Text(text)) => *text = within_bytes::cut(text, longest),
            Some(Kind::List(list)) => {
                list.items.iter_mut().for_each(|text| *text = within_bytes::cut(text, longest))
            }
            _ => {}
        }
    }
    short
}

/// The field that stands for those there was no room for.
fn left_out(count: usize) -> Field {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    Field { name: "saker.left_out".to_owned(), value: Some(Value { kind: Some(Kind::Unsigned(count)) }) }
}

/// The JSON with what is not ASCII written by its numbers. Outside of strings JSON is ASCII.
fn ascii(json: &str) -> String {
    if json.is_ascii() {
        return json.to_owned();
    }
    let mut escaped = String::with_capacity(json.len() * 2);
    for character in json.chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};

    #[test]
    fn it_is_falcos_object_in_ascii() {
        let alert = every_kind_of_field();
        let object = in_ascii(&alert, 8192);
        assert!(object.is_ascii(), "{object}");
        let parsed: serde_json::Value = serde_json::from_str(&object).unwrap();
        let whole: serde_json::Value = serde_json::from_str(&falco::json(&alert, Form::Extended)).unwrap();
        assert_eq!(parsed, whole);
        assert_eq!(super::object(&alert, 8192), falco::json(&alert, Form::Extended));
    }

    #[test]
    fn it_fits_and_stays_json() {
        let field = |number: usize| Field {
            name: format!("ka.field.{number}"),
            value: Some(Value { kind: Some(Kind::Text("😀\"".repeat(300))) }),
        };
        let many = Alert { fields: (0..200).map(field).collect(), message: "ä".repeat(50_000), ..alert() };
        let long = Alert { message: "x".repeat(50_000), ..alert() };
        for room in [600, 2048, 65_000] {
            for (alert, is_cut) in [(&many, true), (&long, room < 50_000)] {
                let object = in_ascii(alert, room);
                assert!(object.len() <= room, "{room}: {}", object.len());
                let parsed: serde_json::Value = serde_json::from_str(&object).unwrap();
                assert_eq!(parsed["uuid"], alert.id.as_str());
                assert_eq!(object.contains("..."), is_cut, "{object}");
            }
        }
        let parsed: serde_json::Value = serde_json::from_str(&object(&many, 2048)).unwrap();
        assert_eq!(parsed["output_fields"]["saker.left_out"], 200);
    }
}
