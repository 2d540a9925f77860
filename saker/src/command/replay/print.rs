//! Alerts and changes on standard output, for people and for programs.

use std::io::{self, BufWriter, StdoutLock, Write};

use notifier::falco::{self, Form};
use proto::alerts::v1::Alert;
use serde_json::{Value, json};

use super::Output;
use super::diff::{Change, Diff, Found, RuleDiff, Totals};
use super::rulesets::Rulesets;
use super::tally::{Tally, plural};
use crate::command::table::{one_line, table};

/// Longer texts of examples are cut where people read them.
const LONGEST: usize = 1000;

const HEAD: [&str; 6] = ["RULE", "BEFORE", "AFTER", "NEW", "GONE", "CHANGED"];

/// Prints alerts as they come up.
pub(super) struct Printer {
    out: BufWriter<StdoutLock<'static>>,
    output: Output,
    left: u64,
}

impl Printer {
    /// So many at most.
    pub(super) fn new(output: Output, limit: Option<u64>) -> Self {
        let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        Self { out, output, left: limit.unwrap_or(u64::MAX) }
    }

    /// Some more.
    pub(super) fn alerts(&mut self, alerts: &[Alert]) -> io::Result<()> {
        for alert in alerts {
            let Some(left) = self.left.checked_sub(1) else { return Ok(()) };
            self.left = left;
            let line = match self.output {
                Output::Json => falco::json(alert, Form::Extended),
                Output::Text => falco::text(alert),
            };
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// All that was printed is out.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What changes, as a table with a row for each rule that changes, and examples below.
pub(super) fn text(diff: &Diff) -> String {
    let changes = diff.changes();
    let Totals { new, gone, changed, same } = diff.totals();
    if changes.is_empty() {
        return format!("nothing changes: {} as before\n", plural(same, "alert"));
    }
    let rows: Vec<_> = changes.iter().map(|(name, rule)| row(name, rule)).collect();
    let examples: String = changes.iter().map(|(name, rule)| examples(name, rule)).collect();
    format!(
        "{}\n{examples}{}: {new} new, {gone} gone, {changed} changed, {same} as before\n",
        table(HEAD, &rows),
        plural(new + gone + changed + same, "alert")
    )
}

fn row(name: &str, rule: &RuleDiff) -> [String; 6] {
    let RuleDiff { before, after, new, gone, changed } = rule;
    let number = |number: u64| number.to_string();
    [
        name.to_owned(),
        number(*before),
        number(*after),
        number(new.count),
        number(gone.count),
        number(changed.count),
    ]
}

fn examples(name: &str, rule: &RuleDiff) -> String {
    let one = |sign: char| move |alert: &Alert| format!("  {sign} {}\n", shown(alert));
    let both = |change: &Change| {
        let Change { before, after, parts } = change;
        format!("  {}:\n  - {}\n  + {}\n", one_line(&parts.join(", ")), shown(before), shown(after))
    };
    let name = one_line(name);
    [
        section(&format!("{name}: new"), &rule.new, one('+')),
        section(&format!("{name}: gone"), &rule.gone, one('-')),
        section(&format!("{name}: changed"), &rule.changed, both),
    ]
    .concat()
}

fn section<T>(head: &str, found: &Found<T>, shown: impl Fn(&T) -> String) -> String {
    if found.examples.is_empty() {
        return String::new();
    }
    let lines: String = found.examples.iter().map(shown).collect();
    let more = found.count.saturating_sub(u64::try_from(found.examples.len()).unwrap_or(u64::MAX));
    let more = if more == 0 { String::new() } else { format!("  and {more} more\n") };
    format!("{head}\n{lines}{more}\n")
}

/// As a line, with the cluster where that says something.
fn shown(alert: &Alert) -> String {
    let cluster = match alert.cluster.as_str() {
        "" | "default" => String::new(),
        cluster => format!("[{}] ", one_line(cluster)),
    };
    let text = falco::text(alert);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{cluster}{}…", text.get(..end).unwrap_or_default()),
        None => cluster + &text,
    }
}

/// What changes, as one JSON object.
pub(super) fn json(diff: &Diff, tally: &Tally, rulesets: &Rulesets) -> String {
    let Totals { new, gone, changed, same } = diff.totals();
    let rules: Vec<Value> = diff.changes().into_iter().map(|(name, rule)| rule_json(name, rule)).collect();
    let mut object = tally.json(rulesets);
    let own = json!({"new": new, "gone": gone, "changed": changed, "same": same, "rules": rules});
    if let (Value::Object(object), Value::Object(own)) = (&mut object, own) {
        object.extend(own);
    }
    format!("{object}\n")
}

fn rule_json(name: &str, rule: &RuleDiff) -> Value {
    let alerts = |found: &Found<Alert>| found.examples.iter().map(alert_json).collect::<Vec<_>>();
    let change = |change: &Change| {
        let Change { before, after, parts } = change;
        json!({"differs": parts, "before": alert_json(before), "after": alert_json(after)})
    };
    json!({
        "rule": name,
        "before": rule.before,
        "after": rule.after,
        "new": rule.new.count,
        "gone": rule.gone.count,
        "changed": rule.changed.count,
        "same": rule.same(),
        "examples": {
            "new": alerts(&rule.new),
            "gone": alerts(&rule.gone),
            "changed": rule.changed.examples.iter().map(change).collect::<Vec<_>>(),
        },
    })
}

/// As it is delivered; what we print ourselves is JSON.
fn alert_json(alert: &Alert) -> Value {
    serde_json::from_str(&falco::json(alert, Form::Extended)).unwrap_or_default()
}
