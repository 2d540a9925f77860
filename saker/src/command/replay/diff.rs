//! [`Diff`]: what one ruleset raises against another, by rule: counted, with a few examples. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proto::alerts::v1::{Alert, Field};

/// What changes, by rule.
#[derive(Debug)]
pub(super) struct Diff {
    /// How many examples are kept of each kind.
    most: usize,
    rules: BTreeMap<String, RuleDiff>,
}

/// What changes of a rule.
#[derive(Debug, Default)]
pub(super) struct RuleDiff {
    /// How many alerts it raised.
    pub(super) before: u64,
    /// And how many it raises.
    pub(super) after: u64,
    /// Alerts that were not raised.
    pub(super) new: Found<Alert>,
    /// Alerts that are not raised any more.
    pub(super) gone: Found<Alert>,
    /// Alerts that read otherwise.
    pub(super) changed: Found<Change>,
}

/// So many, and the first few of them.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub(super) count: u64,
    pub(super) examples: Vec<T>,
}

/// An alert that reads otherwise.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) before: Alert,
    pub(super) after: Alert,
    /// What of it is other: `output`, `priority`, or the name of an output field.
    pub(super) parts: Vec<String>,
}

/// How many alerts are new, gone and changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) new: u64,
    pub(super) gone: u64,
    pub(super) changed: u64,
    pub(super) same: u64,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self { count: 0, examples: Vec::new() }
    }
}

impl<T> Found<T> {
    fn add(&mut self, most: usize, example: impl FnOnce() -> T) {
        self.count += 1;
        if self.examples.len() < most {
            self.examples.push(example());
        }
    }
}

impl Diff {
    /// With so many examples of each kind of change of a rule.
    pub(super) fn new(most: usize) -> Self {
        Self { most, rules: BTreeMap::new() }
    }

    /// Adds what the same events raised before and raise now. Alerts are the same where their ids are: of the same
    /// event, by the rule of that name.
    pub(super) fn take(&mut self, before: &[Alert], after: &[Alert]) {
        let mut old: HashMap<&str, &Alert> = HashMap::with_capacity(before.len());
        for alert in before {
            old.insert(&alert.id, alert);
            self.rule(alert).before += 1;
        }
        let most = self.most;
        for alert in after {
            let was = old.remove(alert.id.as_str());
            let rule = self.rule(alert);
            rule.after += 1;
            match was {
                None => rule.new.add(most, || alert.clone()),
                Some(was) => {
                    let parts = parts(was, alert);
                    if !parts.is_empty() {
                        let change = || Change { before: was.clone(), after: alert.clone(), parts };
                        rule.changed.add(most, change);
                    }
                }
            }
        }
        for alert in before.iter().filter(|alert| old.contains_key(alert.id.as_str())) {
            self.rule(alert).gone.add(most, || alert.clone());
        }
    }

    /// The rules of which anything changes, those first that change most.
    pub(super) fn changes(&self) -> Vec<(&str, &RuleDiff)> {
        let all = self.rules.iter().map(|(name, rule)| (name.as_str(), rule));
        let mut changes: Vec<_> = all.filter(|(_, rule)| rule.changes() > 0).collect();
        changes.sort_by_key(|(_, rule)| std::cmp::Reverse(rule.changes()));
        changes
    }

    /// Whether anything changes.
    pub(super) fn is_change(&self) -> bool {
        self.rules.values().any(|rule| rule.changes() > 0)
    }

    /// Over all rules.
    pub(super) fn totals(&self) -> Totals {
        self.rules.values().fold(Totals::default(), |sum, rule| Totals {
            new: sum.new + rule.new.count,
            gone: sum.gone + rule.gone.count,
            changed: sum.changed + rule.changed.count,
            same: sum.same + rule.same(),
        })
    }

    fn rule(&mut self, alert: &Alert) -> &mut RuleDiff {
        if !self.rules.contains_key(&alert.rule) {
            self.rules.insert(alert.rule.clone(), RuleDiff::default());
        }
        self.rules.entry(alert.rule.clone()).or_default()
    }
}

impl RuleDiff {
    /// How many alerts change.
    pub(super) fn changes(&self) -> u64 {
        self.new.count + self.gone.count + self.changed.count
    }

    /// How many stay as they are.
    pub(super) fn same(&self) -> u64 {
        self.after.saturating_sub(self.new.count + self.changed.count)
    }
}

/// What of an alert is other than it was. Which ruleset raised it does not count.
fn parts(before: &Alert, after: &Alert) -> Vec<String> {
    let own = [
        ("priority", before.priority != after.priority),
        ("output", before.message != after.message),
        ("tags", before.tags != after.tags),
        ("source", before.source != after.source),
        ("time format", before.time_format != after.time_format),
    ];
    let own = own.into_iter().filter(|(_, is_other)| *is_other).map(|(name, _)| name.to_owned());
    let fields = if before.fields == after.fields { BTreeSet::new() } else { fields(before, after) };
    own.chain(fields.into_iter().map(str::to_owned)).collect()
}

/// The names of the fields that only one of them has, or that have other values.
fn fields<'a>(before: &'a Alert, after: &'a Alert) -> BTreeSet<&'a str> {
    let lacks = |alert: &Alert, field: &Field| !alert.fields.contains(field);
    let gone = before.fields.iter().filter(|field| lacks(after, field));
    let new = after.fields.iter().filter(|field| lacks(before, field));
    gone.chain(new).map(|field| field.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::alerts::v1::{Priority, Value, value::Kind};

    fn alert(id: &str, rule: &str) -> Alert {
        Alert {
            id: id.into(),
            rule: rule.into(),
            message: id.into(),
            ruleset: "before".into(),
            ..Alert::default()
        }
    }

    fn field(name: &str, text: &str) -> Field {
        Field { name: name.into(), value: Some(Value { kind: Some(Kind::Text(text.into())) }) }
    }

    #[test]
    fn alerts_are_new_or_gone_or_changed_or_the_same() {
        let mut diff = Diff::new(1);
        let ruleset = |alert: Alert| Alert { ruleset: "after".into(), ..alert };
        let before = [alert("1", "A"), alert("2", "A"), alert("3", "A"), alert("4", "B")];
        let changed = Alert { message: "other".into(), priority: Priority::Error.into(), ..alert("4", "B") };
        let after = [alert("1", "A"), changed, alert("5", "C")].map(ruleset);
        diff.take(&before, &after);
        diff.take(&[], &[alert("6", "C")]);
        assert_eq!(diff.totals(), Totals { new: 2, gone: 2, changed: 1, same: 1 });
        let told: Vec<_> =
            diff.changes().into_iter().map(|(name, rule)| (name, rule.before, rule.after)).collect();
        assert_eq!(told, [("A", 3, 1), ("C", 0, 2), ("B", 1, 1)]);
        let [(_, a), (_, c), (_, b)] = diff.changes()[..] else { panic!("{diff:?}") };
        assert_eq!((a.gone.count, a.gone.examples.as_slice()), (2, [alert("2", "A")].as_slice()));
        assert_eq!((c.new.count, c.new.examples.len()), (2, 1));
        assert_eq!(b.changed.examples[0].parts, ["priority", "output"]);
        assert!(diff.is_change());
    }

    #[test]
    fn only_the_fields_that_are_other_are_named() {
        let with = |fields: &[Field]| Alert { fields: fields.to_vec(), ..alert("1", "A") };
        let before = with(&[field("a", "1"), field("b", "1"), field("c", "1")]);
        let after = with(&[field("a", "1"), field("b", "2"), field("d", "1")]);
        assert_eq!(parts(&before, &after), ["b", "c", "d"]);
        let mut diff = Diff::new(1);
        let same = Alert { ruleset: "after".into(), ..before.clone() };
        diff.take(&[before], &[same]);
        assert!(!diff.is_change() && diff.changes().is_empty());
    }
}
