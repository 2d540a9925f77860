//! The Common Event Format (version 0): a header of seven fields, and `key=value` pairs behind it.

use proto::alerts::v1::{Alert, Priority};

use crate::sink::{facts, within_bytes};

/// The longest `msg`, and what is kept of an output field.
const LONGEST_MESSAGE: usize = 1023;
/// What is kept of what stands in the header, and of cluster and tags.
const LONGEST_NAME: usize = 512;

/// Output fields that have a key of the format's own; the others get one that begins with `saker`.
const KNOWN: [(&str, &str); 4] =
    [("ka.user.name", "suser"), ("ka.uri", "request"), ("ka.verb", "act"), ("ka.useragent", "requestClientApplication")];

/// The alert in `room` bytes, as far as it goes: what does not fit of the output fields is counted in
/// `sakerFieldsLeftOut`.
pub(super) fn event(alert: &Alert, text: &str, room: usize) -> String {
    // In a short message the names must leave room for the rest.
    let longest = LONGEST_NAME.min(room / 8);
    let rule = header(&alert.rule, longest);
    let version = env!("CARGO_PKG_VERSION");
    let severity = severity(alert.priority());
    let mut event = format!("CEF:0|Saker|Saker|{version}|{rule}|{rule}|{severity}|");
    let mut left_out = 0_usize;
    // What the last pair needs, which counts those that are left out.
    let room = room.saturating_sub(32);
    for pair in pairs(alert, text, longest) {
        let space = if event.ends_with('|') { "" } else { " " };
        if event.len() + space.len() + pair.len() <= room {
            event.push_str(space);
            event.push_str(&pair);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        event.push_str(&format!(" sakerFieldsLeftOut={left_out}"));
    }
    event
}

fn pairs(alert: &Alert, text: &str, longest: usize) -> Vec<String> {
    let millis = alert.time_unix_nanos.div_euclid(1_000_000).to_string();
    let tags = alert.tags.join(",");
    let text = within_bytes::cut(text, LONGEST_MESSAGE.min(longest * 4));
    let own = [
        ("externalId", alert.id.as_str(), "", ""),
        ("rt", &millis, "", ""),
        ("cat", &alert.source, "", ""),
        ("dvchost", &alert.hostname, "", ""),
        ("msg", &text, "", ""),
        ("cs1", &alert.cluster, "cs1Label", "cluster"),
        ("cs2", &tags, "cs2Label", "tags"),
        ("cs3", &alert.ruleset, "cs3Label", "ruleset"),
    ];
    let own = own.into_iter().filter(|(_, value, ..)| !value.is_empty()).map(|(key, value, label, name)| {
        let longest = if key == "msg" { LONGEST_MESSAGE } else { longest };
        let pair = format!("{key}={}", extension(value, longest));
        if label.is_empty() { pair } else { format!("{label}={name} {pair}") }
    });
    let fields = facts::output_fields(alert)
        .map(|(name, value)| format!("{}={}", key(name), extension(&value, LONGEST_MESSAGE)));
    own.chain(fields).collect()
}

/// The format's own key for an output field, or `saker` and the field's name in camel case.
fn key(field: &str) -> String {
    if let Some((_, key)) = KNOWN.iter().find(|(known, _)| *known == field) {
        return (*key).to_owned();
    }
    let words = field.split(|c: char| !c.is_ascii_alphanumeric()).map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| format!("{}{}", first.to_ascii_uppercase(), letters.as_str())).unwrap_or_default()
    });
    std::iter::once("saker".to_owned()).chain(words).collect()
}

/// A field of the header: `|` and `\` have a backslash before them, and there are no lines.
fn header(text: &str, longest: usize) -> String {
    let mut escaped = String::new();
    for character in within_bytes::cut(text, longest).chars() {
        match character {
            '|' | '\\' => escaped.extend(['\\', character]),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A value: `=` and `\` have a backslash before them, line ends are written as `\n` and `\r`.
fn extension(text: &str, longest: usize) -> String {
    let mut escaped = String::new();
    for character in within_bytes::cut(text, longest).chars() {
        match character {
            '=' | '\\' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// From 0 to 10, as users of falcosidekick know them.
fn severity(priority: Priority) -> u8 {
    match priority {
        Priority::Emergency => 10,
        Priority::Alert => 9,
        Priority::Critical => 8,
        Priority::Error => 7,
        Priority::Warning => 6,
        Priority::Notice => 4,
        Priority::Informational => 3,
        Priority::Unspecified | Priority::Debug => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};

    fn unversioned(event: &str) -> String {
        event.replacen(env!("CARGO_PKG_VERSION"), "VERSION", 1)
    }

    #[test]
    fn an_alert() {
        let alert = alert();
        insta::assert_snapshot!(unversioned(&event(&alert, &alert.message, 8192)));
    }

    #[test]
    fn what_could_end_a_field_is_escaped() {
        let alert = Alert { rule: "a|b\\c\nd".into(), message: "x=1 | y\\z\r\nforged".into(), ..every_kind_of_field() };
        let event = event(&alert, &alert.message, 8192);
        assert!(!event.contains(char::is_control), "{event}");
        insta::assert_snapshot!(unversioned(&event));
    }

    #[test]
    fn it_fits_and_says_how_much_is_left_out() {
        let alert = Alert { message: "=".repeat(100_000), hostname: "=".repeat(10_000), ..alert() };
        for room in [480, 1024, 2048] {
            let event = event(&alert, &alert.message, room);
            assert!(event.len() <= room, "{room}: {}", event.len());
        }
        assert!(event(&alert, &alert.message, 480).contains(" sakerFieldsLeftOut="));
    }

    #[test]
    fn output_fields_have_keys_of_letters() {
        assert_eq!(key("ka.user.name"), "suser");
        assert_eq!(key("ka.target.name"), "sakerKaTargetName");
        assert_eq!(key("ka.req.pod.containers.image[0]"), "sakerKaReqPodContainersImage0");
    }
}
