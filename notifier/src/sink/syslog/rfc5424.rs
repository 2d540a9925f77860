//! A message by RFC 5424: header, structured data, and the text behind them.

use std::collections::HashSet;
use std::fmt::Write;

use jiff::fmt::temporal::DateTimePrinter;
use proto::alerts::v1::{Alert, Priority};

use super::facility::Facility;
use crate::sink::{facts, within_bytes};
use crate::falco;

/// RFC 5424 has no longer names than this in structured data, and no longer MSGID.
const LONGEST_NAME: usize = 32;
/// Its longest HOSTNAME.
const LONGEST_HOST: usize = 255;
/// What is kept of an id; ours are shorter.
const LONGEST_ID: usize = 64;
/// What is kept of a name, a cluster, the tags, where the message may be long.
const LONGEST_OWN: usize = 256;
/// What is kept of an output field.
const LONGEST_VALUE: usize = 1024;
/// What text that is not ASCII begins with.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What the alerts of a sink have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) facility: Facility,
    pub(super) enterprise: u32,
    /// The longest message, in bytes.
    pub(super) longest: usize,
}

impl Frame {
    /// The alert with its output fields as structured data, and a text.
    pub(super) fn with_fields(self, alert: &Alert, text: &str) -> String {
        let head = format!("{} {}", self.header(alert), self.about(alert));
        let text = falco::in_one_line(text.to_owned());
        let params = params(alert);
        let wanted: usize = params.iter().map(|param| param.len() + 1).sum();
        // The space, the byte order mark, and the element's own characters.
        let room = self.longest.saturating_sub(head.len() + 64);
        let text = within_bytes::cut(&text, room.saturating_sub(wanted).max(room / 2));
        let fields = self.fields(params, room.saturating_sub(text.len()));
        format!("{head}{fields}{}", message(&text))
    }

    /// The alert without structured data, and a message that is made for what room is left.
    pub(super) fn bare(self, alert: &Alert, make: impl FnOnce(usize) -> String) -> String {
        let head = format!("{} -", self.header(alert));
        let room = self.longest.saturating_sub(head.len() + 4);
        format!("{head}{}", message(&make(room)))
    }

    /// `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID`, where the MSGID is the rule.
    fn header(self, alert: &Alert) -> String {
        // The RFC has no finer time than microseconds.
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
        let time = PRINTER.timestamp_to_string(&falco::timestamp(alert.time_unix_nanos));
        let host = word(&alert.hostname, LONGEST_HOST.min(self.longest / 8));
        let rule = word(&alert.rule, LONGEST_NAME);
        format!("<{}>1 {time} {host} saker - {rule}", self.facility.with_severity(severity(alert.priority())))
    }

    fn about(self, alert: &Alert) -> String {
        let tags = alert.tags.join(",");
        let longest = LONGEST_OWN.min(self.longest / 32);
        let own = [
            ("rule", alert.rule.as_str()),
            ("priority", falco::priority_name(alert)),
            ("source", &alert.source),
            ("cluster", &alert.cluster),
            ("ruleset", &alert.ruleset),
            ("tags", &tags),
        ];
        let mut element = format!("[saker@{} id=\"{}\"", self.enterprise, escaped(&alert.id, LONGEST_ID));
        for (name, text) in own.into_iter().filter(|(_, text)| !text.is_empty()) {
            let _ = write!(element, " {name}=\"{}\"", escaped(text, longest));
        }
        element.push(']');
        element
    }

    /// As many as there is room for. How many there was no room for, says the parameter `left_out`.
    fn fields(self, params: Vec<String>, room: usize) -> String {
        let mut element = format!("[fields@{}", self.enterprise);
        let (mut left, mut left_out) = (room, 0_usize);
        for param in &params {
            match left.checked_sub(param.len() + 1) {
                Some(rest) => {
                    left = rest;
                    let _ = write!(element, " {param}");
                }
                None => left_out += 1,
            }
        }
        match (params.len(), left_out) {
            (0, _) => return String::new(),
            (_, 0) => {}
            (_, count) => {
                let _ = write!(element, " left_out=\"{count}\"");
            }
        }
        element.push(']');
        element
    }
}

/// A space and the text. What is not ASCII must begin with a byte order mark.
fn message(text: &str) -> String {
    match text {
        "" => String::new(),
        ascii if ascii.is_ascii() => format!(" {ascii}"),
        other => format!(" {BYTE_ORDER_MARK}{other}"),
    }
}

/// Syslog's severities are Falco's priorities, from 0.
fn severity(priority: Priority) -> u8 {
    u8::try_from(i32::from(priority).saturating_sub(1)).unwrap_or(7)
}

/// The text as one word of printable ASCII; `-` where nothing is left.
fn word(text: &str, longest: usize) -> String {
    let word: String = text.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).take(longest).collect();
    if word.is_empty() { "-".to_owned() } else { word }
}

/// The output fields as parameters, each `name="value"`.
fn params(alert: &Alert) -> Vec<String> {
    let mut taken = HashSet::from(["left_out".to_owned()]);
    let named = facts::output_fields(alert).map(|(name, value)| {
        let name = unique(&name_of(name), &mut taken);
        format!("{name}=\"{}\"", escaped(&value, LONGEST_VALUE))
    });
    named.collect()
}

fn name_of(field: &str) -> String {
    let allowed = |c: char| c.is_ascii_graphic() && !matches!(c, '=' | ']' | '"');
    let name: String = field.chars().map(|c| if allowed(c) { c } else { '_' }).take(LONGEST_NAME).collect();
    if name.is_empty() { "_".to_owned() } else { name }
}

/// The name, or one like it that is free: names that differ only where they were cut must not become one.
fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let mut free = name.to_owned();
    let mut number = 1_usize;
    while taken.contains(&free) {
        number += 1;
        let end = format!("~{number}");
        let kept: String = name.chars().take(LONGEST_NAME.saturating_sub(end.len())).collect();
        free = kept + &end;
    }
    taken.insert(free.clone());
    free
}

/// The text as a parameter's value: `"`, `\` and `]` have a backslash before them, and control characters are written
/// as JSON writes them.
fn escaped(text: &str, longest: usize) -> String {
    let text = falco::in_one_line(within_bytes::cut(text, longest));
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if matches!(character, '"' | '\\' | ']') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};
    use proto::alerts::v1::value::Kind;
    use proto::alerts::v1::{Field, Value};

    const FRAME: Frame = Frame { facility: Facility::DEFAULT, enterprise: 32_473, longest: 8192 };

    #[test]
    fn an_alert_with_its_fields() {
        insta::assert_snapshot!(FRAME.with_fields(&alert(), "14:09:12: Warning Attach to pod"));
    }

    #[test]
    fn every_kind_of_field_is_escaped_and_text_beyond_ascii_is_marked() {
        let alert = every_kind_of_field();
        let message = FRAME.with_fields(&alert, &alert.message);
        assert!(message.contains(" \u{feff}Schlüssel"), "{message}");
        assert!(!message.contains(char::is_control), "{message}");
        insta::assert_snapshot!(message);
    }

    #[test]
    fn an_alert_without_anything() {
        insta::assert_snapshot!(
            FRAME.with_fields(&Alert::default(), ""),
            @r#"<111>1 1970-01-01T00:00:00.000000Z - saker - - [saker@32473 id="" priority="Debug"]"#
        );
    }

    #[test]
    fn names_stay_apart_and_within_the_limit() {
        let long = "ka.req.pod.containers.image.repository";
        let field = |name: &str, text: &str| Field {
            name: name.into(),
            value: Some(Value { kind: Some(Kind::Text(text.into())) }),
        };
        let fields = vec![field(long, "1"), field(&format!("{long}.x"), "2"), field("a b=\"]", "3"), field("left_out", "4")];
        let params = params(&Alert { fields, ..alert() });
        assert_eq!(
            params,
            [
                r#"a_b___="3""#,
                r#"ka.req.pod.containers.image.repo="1""#,
                r#"ka.req.pod.containers.image.re~2="2""#,
                r#"left_out~2="4""#
            ]
        );
    }

    #[test]
    fn whatever_the_limit_the_message_keeps_it() {
        let field = |number: usize| Field {
            name: format!("ka.field.{number}"),
            value: Some(Value { kind: Some(Kind::Text("]ü".repeat(300))) }),
        };
        let alert = Alert { fields: (0..200).map(field).collect(), message: "ä".repeat(50_000), ..alert() };
        for longest in [1024, 2048, 8192, 65_507] {
            let message = Frame { longest, ..FRAME }.with_fields(&alert, &alert.message);
            assert!(message.len() <= longest, "{longest}: {}", message.len());
            assert!(message.ends_with(" more characters]"), "{longest}: {message}");
            assert!(message.contains(" left_out=\""), "{longest}: {message}");
        }
    }

    #[test]
    fn each_priority_has_its_severity() {
        let all: Vec<u8> = (0..=8).filter_map(|n| Priority::try_from(n).ok()).map(severity).collect();
        assert_eq!(all, [7, 0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
