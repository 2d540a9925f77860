//! `saker silence list`: each silence with what it kept back.

use std::collections::BTreeMap;

use notifier::{Listed, Moment, Silence};
use proto::alerts::v1::Summary;

use crate::command::table::one_line;

/// All of them: those of the settings, then those on the bus.
pub(super) fn text(
    of_settings: &BTreeMap<String, Silence>,
    on_bus: &BTreeMap<String, Listed>,
    now: u64,
) -> String {
    let nothing = BTreeMap::new();
    let kept = |name: &String| on_bus.get(name).map_or(&nothing, |listed| &listed.kept_back);
    let mut all = String::new();
    for (name, silence) in of_settings {
        all.push_str(&entry(name, Some(silence), kept(name), now));
    }
    for (name, listed) in on_bus.iter().filter(|(name, _)| !of_settings.contains_key(*name)) {
        all.push_str(&entry(name, listed.silence.as_ref(), &listed.kept_back, now));
    }
    if all.is_empty() { "there are no silences\n".to_owned() } else { all }
}

fn entry(name: &str, silence: Option<&Silence>, kept_back: &BTreeMap<String, Summary>, now: u64) -> String {
    let mut lines = match silence {
        Some(silence) => vec![
            format!("{name}  {}", state(silence, now)),
            format!("  match: {}", one_line(silence.when.text())),
            format!("  owner: {}; reason: {}", one_line(&silence.owner), one_line(&silence.reason)),
        ],
        None => vec![format!("{name}  not set any more")],
    };
    if let Some(silence) = silence.filter(|silence| !silence.sinks.is_empty()) {
        let sinks: Vec<String> = silence.sinks.iter().map(ToString::to_string).collect();
        lines.push(format!("  sinks: {}", sinks.join(", ")));
    }
    for (sink, summary) in kept_back {
        lines.push(format!("  kept {} alerts from {sink}, the first ones:", summary.count));
        let examples = summary.examples.iter();
        lines.extend(
            examples.map(|example| format!("    {}  {}", one_line(&example.id), one_line(&example.message))),
        );
    }
    if kept_back.is_empty() {
        lines.push("  kept nothing back".to_owned());
    }
    format!("{}\n", lines.join("\n"))
}

fn state(silence: &Silence, now: u64) -> String {
    if silence.holds_at(now) {
        format!("holds until {}", silence.until)
    } else if silence.until <= Moment::from_unix_nanos(now) {
        format!("ended at {}", silence.until)
    } else {
        format!(
            "holds from {} until {}",
            silence.from.map_or_else(String::new, |from| from.to_string()),
            silence.until
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::alerts::v1::Example;

    fn silence(until: &str, from: Option<&str>) -> Silence {
        let moment = |text: &str| text.parse::<Moment>().unwrap();
        Silence {
            when: "alert.rule = R".parse().unwrap(),
            owner: "alice".into(),
            reason: "a test".into(),
            until: moment(until),
            from: from.map(moment),
            sinks: Vec::new(),
        }
    }

    #[test]
    fn each_says_what_it_keeps_back() {
        let now = "2026-11-26T00:00:00Z".parse::<Moment>().unwrap().unix_nanos();
        let of_settings = BTreeMap::from([(
            "planned".to_owned(),
            silence("2026-12-01T00:00:00Z", Some("2026-11-30T00:00:00Z")),
        )]);
        let example = Example { id: "0f9c".into(), message: "R by\nbob".into(), time_unix_nanos: 0 };
        let summary = Summary { count: 7, examples: vec![example], ..Summary::default() };
        let on_bus = BTreeMap::from([
            (
                "1f9a03bc".to_owned(),
                Listed {
                    silence: Some(silence("2026-11-26T01:00:00Z", None)),
                    kept_back: BTreeMap::from([("ops".to_owned(), summary)]),
                },
            ),
            (
                "2f9a03bc".to_owned(),
                Listed { silence: Some(silence("2026-11-25T01:00:00Z", None)), kept_back: BTreeMap::new() },
            ),
            ("gone".to_owned(), Listed { silence: None, kept_back: BTreeMap::new() }),
        ]);
        insta::assert_snapshot!(text(&of_settings, &on_bus, now));
        assert_eq!(text(&BTreeMap::new(), &BTreeMap::new(), now), "there are no silences\n");
    }
}
