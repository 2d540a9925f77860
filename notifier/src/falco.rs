//! Alerts in the two forms that Falco prints: a line of text, and a JSON object.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use proto::alerts::v1::value::Kind;
use proto::alerts::v1::{Alert, TimeFormat, Value};
use serde::{Serialize, Serializer};

use crate::priority;

/// What Falco's JSON object holds beside what Falco puts there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing: the object is Falco's.
    Plain,
    /// The alert's id as `uuid`; cluster and ruleset as the output fields `saker.cluster` and `saker.ruleset`.
    Extended,
}

/// The alert as a line of text, without the line end: time in UTC, priority, message. Control characters are
/// written as JSON writes them, so that no event can forge a line.
pub fn text(alert: &Alert) -> String {
    in_one_line(output(alert))
}

/// The text without control characters, which are written as JSON writes them.
pub(crate) fn in_one_line(line: String) -> String {
    if !line.contains(char::is_control) {
        return line;
    }
    let mut escaped = String::with_capacity(line.len() + 16);
    for character in line.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            control if control.is_control() => escaped.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The alert as a JSON object in one line, without the line end; keys in alphabetical order.
pub fn json(alert: &Alert, form: Form) -> String {
    let extended = form == Form::Extended;
    let object = Object {
        hostname: &alert.hostname,
        output: output(alert),
        output_fields: fields(alert, form),
        priority: priority_name(alert),
        rule: &alert.rule,
        source: &alert.source,
        tags: &alert.tags,
        time: time(alert),
        uuid: extended.then_some(alert.id.as_str()),
    };
    // Only maps with keys that are no text, and types whose serialisation fails, can fail; there are none here.
    serde_json::to_string(&object).unwrap_or_default()
}

/// The priority as Falco names it.
pub fn priority_name(alert: &Alert) -> &'static str {
    priority::name(alert.priority())
}

/// Time, priority and message, as they stand in `output`.
pub fn output(alert: &Alert) -> String {
    let time = match alert.time_format() {
        TimeFormat::Unspecified => clock(alert.time_unix_nanos),
        TimeFormat::Iso8601 => time(alert).replace('Z', "+0000"),
    };
    format!("{time}: {} {}", priority_name(alert), alert.message)
}

/// The output fields by name, in the order of their names.
pub(crate) fn fields(alert: &Alert, form: Form) -> BTreeMap<&str, FieldValue<'_>> {
    let own = alert.fields.iter().map(|field| {
        let kind = field.value.as_ref().and_then(|Value { kind }| kind.as_ref());
        (field.name.as_str(), FieldValue(kind.map_or(Shown::Absent, Shown::of)))
    });
    let added = match form {
        Form::Plain => None,
        Form::Extended => Some([("saker.cluster", &alert.cluster), ("saker.ruleset", &alert.ruleset)]),
    };
    own.chain(added.into_iter().flatten().map(|(name, text)| (name, FieldValue(Shown::Text(text))))).collect()
}

/// The time of the event as `2018-10-25T14:09:12.581541000Z`.
pub(crate) fn time(alert: &Alert) -> String {
    iso(alert.time_unix_nanos)
}

/// A time as `2018-10-25T14:09:12.581541000Z`.
pub(crate) fn iso(unix_nanos: i64) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));
    PRINTER.timestamp_to_string(&timestamp(unix_nanos))
}

/// The time of the event. Every count of nanoseconds that 64 bits hold is within a timestamp's range.
pub(crate) fn timestamp(unix_nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(unix_nanos)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The time of day in UTC as `14:09:12.581541000`.
fn clock(unix_nanos: i64) -> String {
    const SECOND: i64 = 1_000_000_000;
    let of_day = unix_nanos.rem_euclid(86_400 * SECOND);
    let (seconds, nanos) = (of_day / SECOND, of_day % SECOND);
    format!("{:02}:{:02}:{:02}.{nanos:09}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[derive(Serialize)]
struct Object<'a> {
    hostname: &'a str,
    output: String,
    output_fields: BTreeMap<&'a str, FieldValue<'a>>,
    priority: &'static str,
    rule: &'a str,
    source: &'a str,
    tags: &'a [String],
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<&'a str>,
}

/// The value of an output field, as JSON shows it.
pub(crate) struct FieldValue<'a>(Shown<'a>);

enum Shown<'a> {
    Absent,
    Text(&'a str),
    Signed(i64),
    Unsigned(u64),
    Boolean(bool),
    List(&'a [String]),
}

impl<'a> Shown<'a> {
    fn of(kind: &'a Kind) -> Self {
        match kind {
            Kind::Text(text) => Self::Text(text),
            Kind::Signed(number) => Self::Signed(*number),
            Kind::Unsigned(number) => Self::Unsigned(*number),
            Kind::Boolean(truth) => Self::Boolean(*truth),
            Kind::List(list) => Self::List(&list.items),
        }
    }
}

impl<'a> FieldValue<'a> {
    /// The text, where the value is one.
    pub(crate) fn as_text(&self) -> Option<&'a str> {
        match self.0 {
            Shown::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as text, a list as JSON has it; `None` where there is none.
    pub(crate) fn shown(&self) -> Option<Cow<'a, str>> {
        match self.0 {
            Shown::Absent => None,
            Shown::Text(text) => Some(Cow::Borrowed(text)),
            Shown::Signed(number) => Some(Cow::Owned(number.to_string())),
            Shown::Unsigned(number) => Some(Cow::Owned(number.to_string())),
            Shown::Boolean(truth) => Some(Cow::Borrowed(if truth { "true" } else { "false" })),
            Shown::List(items) => Some(Cow::Owned(serde_json::to_string(items).unwrap_or_default())),
        }
    }
}

impl Serialize for FieldValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Shown::Absent => serializer.serialize_unit(),
            Shown::Text(text) => serializer.serialize_str(text),
            Shown::Signed(number) => serializer.serialize_i64(number),
            Shown::Unsigned(number) => serializer.serialize_u64(number),
            Shown::Boolean(truth) => serializer.serialize_bool(truth),
            Shown::List(items) => serializer.collect_seq(items),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};

    #[test]
    fn a_line_of_text() {
        insta::assert_snapshot!(text(&alert()), @"14:09:12.581541000: Warning Attach to pod (user=alice pod=web)");
    }

    #[test]
    fn an_object_as_falco_prints_it() {
        insta::assert_snapshot!(json(&alert(), Form::Plain), @r#"{"hostname":"vm","output":"14:09:12.581541000: Warning Attach to pod (user=alice pod=web)","output_fields":{"evt.time":1540476552581541000,"ka.target.name":"web","ka.user.name":"alice"},"priority":"Warning","rule":"Attach to pod","source":"k8s_audit","tags":["k8s","mitre_execution"],"time":"2018-10-25T14:09:12.581541000Z"}"#);
    }

    #[test]
    fn an_object_with_additions() {
        insta::assert_snapshot!(json(&alert(), Form::Extended), @r#"{"hostname":"vm","output":"14:09:12.581541000: Warning Attach to pod (user=alice pod=web)","output_fields":{"evt.time":1540476552581541000,"ka.target.name":"web","ka.user.name":"alice","saker.cluster":"prod","saker.ruleset":"0123abcd"},"priority":"Warning","rule":"Attach to pod","source":"k8s_audit","tags":["k8s","mitre_execution"],"time":"2018-10-25T14:09:12.581541000Z","uuid":"0f9c1e6a-5b7d-8e21-9c43-2a6f0d1b7e58"}"#);
    }

    #[test]
    fn every_kind_of_value() {
        insta::assert_snapshot!(json(&every_kind_of_field(), Form::Plain), @r#"{"hostname":"vm","output":"23:59:59.999999999: Debug Schlüssel „日本“ \"quoted\" \\ \n\u0001","output_fields":{"a.absent":null,"b.bool":true,"c.signed":-5,"d.unsigned":18446744073709551615,"e.list":["x","","ü"],"f.empty":[],"g.text":"\t\"\\ü","h.nothing":null},"priority":"Debug","rule":"R","source":"k8s_audit","tags":[],"time":"1969-12-31T23:59:59.999999999Z"}"#);
    }

    #[test]
    fn an_event_cannot_forge_a_line() {
        insta::assert_snapshot!(text(&every_kind_of_field()), @r#"23:59:59.999999999: Debug Schlüssel „日本“ "quoted" \ \n\u0001"#);
    }

    #[test]
    fn all_priorities_by_name() {
        let names: Vec<String> = (0..=9)
            .map(|priority| text(&Alert { priority, ..Alert::default() }))
            .map(|line| line.trim_start_matches("00:00:00.000000000: ").trim_end().to_owned())
            .collect();
        let expected =
            ["Debug", "Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational"];
        assert_eq!(names, [expected.as_slice(), &["Debug", "Debug"]].concat());
    }

    #[test]
    fn the_ends_of_time() {
        for (nanos, shown) in [
            (i64::MIN, "1677-09-21T00:12:43.145224192Z"),
            (0, "1970-01-01T00:00:00.000000000Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
        ] {
            let alert = Alert { time_unix_nanos: nanos, ..Alert::default() };
            assert_eq!(time(&alert), shown);
            let clock = shown.split_once('T').unwrap().1.trim_end_matches('Z');
            assert!(text(&alert).starts_with(&format!("{clock}: ")), "{}", text(&alert));
            let iso = Alert { time_format: TimeFormat::Iso8601.into(), ..alert };
            let expected = format!("{}: ", shown.replace('Z', "+0000"));
            assert!(text(&iso).starts_with(&expected), "{}", text(&iso));
        }
    }
}
