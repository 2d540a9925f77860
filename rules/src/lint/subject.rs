//! What is looked at: the condition of every macro and every rule, each once, lists put in and macros by name.

use std::collections::HashMap;

use super::logic::Budget;
use crate::diagnostic::Location;
use crate::options::Options;
use crate::ruleset::sourced::Sourced;
use crate::ruleset::texts::{Text, Texts};
use crate::ruleset::{AUDIT_SOURCE, Collection, Heading, Lists, with_exceptions};
use crate::source::{SourceFile, Span};
use crate::syntax::ast::{Check, Expr, Place};
use crate::syntax::parse_condition_at;

/// Longer excerpts of conditions are cut.
const EXCERPT: usize = 60;

impl Unit<'_> {
    pub(super) fn is_rule(&self) -> bool {
        self.output.is_some()
    }
}

/// A ruleset as lints look at it.
pub(super) struct Subject<'c> {
    pub(super) collection: &'c Collection,
    pub(super) options: &'c Options,
    pub(super) files: &'c [SourceFile],
    pub(super) lists: Lists,
    /// For questions about one text each.
    pub(super) budget: Budget,
    texts: Texts,
    macros: Vec<Unit<'c>>,
    rules: Vec<Unit<'c>>,
    names: HashMap<&'c str, usize>,
    rule_names: HashMap<&'c str, usize>,
}

/// The condition of a macro or a rule.
pub(super) struct Unit<'c> {
    pub(super) name: &'c str,
    /// Where it starts and ends in the space of texts.
    pub(super) base: usize,
    end: usize,
    /// Lists put in, macros by name.
    pub(super) expr: Expr,
    /// Before lists were put in.
    pub(super) written: Sourced,
    /// A rule's output.
    pub(super) output: Option<&'c Sourced>,
    pub(super) heading: &'c Heading,
    /// The first rule that uses the macro; itself for a rule and for a macro that no rule uses.
    pub(super) user: &'c Heading,
    pub(super) user_context: &'c [Location],
}

impl<'c> Subject<'c> {
    pub(super) fn new(collection: &'c Collection, options: &'c Options, files: &'c [SourceFile]) -> Self {
        let lists = Lists::new(&collection.lists);
        let (texts, names) = (Texts::default(), HashMap::new());
        let (macros, rules, rule_names) = (Vec::new(), Vec::new(), HashMap::new());
        let budget = Budget::default();
        let mut subject =
            Self { collection, options, files, lists, budget, texts, macros, rules, names, rule_names };
        for known in collection.macros.iter() {
            let of = (&*known.name, &known.heading, &*known.condition_context);
            if let Some(unit) = subject.unit(of, known.condition.clone(), None) {
                subject.names.insert(&known.name, subject.macros.len());
                subject.macros.push(unit);
            }
        }
        for rule in collection.rules.iter().filter(|rule| rule.source == AUDIT_SOURCE) {
            let of = (&*rule.name, &rule.heading, &*rule.condition_context);
            let condition = with_exceptions(&rule.condition, &rule.exceptions).ok();
            let unit = condition.and_then(|condition| subject.unit(of, condition, Some(&rule.output)));
            if let Some(unit) = unit {
                subject.rule_names.insert(&rule.name, subject.rules.len());
                subject.rules.push(unit);
            }
        }
        subject.find_users();
        subject
    }

    /// Macros, then rules.
    pub(super) fn units(&self) -> impl Iterator<Item = &Unit<'c>> {
        self.macros.iter().chain(&self.rules)
    }

    pub(super) fn rules(&self) -> &[Unit<'c>] {
        &self.rules
    }

    pub(super) fn rule(&self, name: &str) -> Option<&Unit<'c>> {
        self.rules.get(*self.rule_names.get(name)?)
    }

    pub(super) fn macro_named(&self, name: &str) -> Option<&Unit<'c>> {
        self.macros.get(*self.names.get(name)?)
    }

    /// Where in the files a place is.
    pub(super) fn span(&self, place: &Place) -> Option<Span> {
        self.texts.span(place)
    }

    /// What stands at a place, lists put in.
    pub(super) fn text(&self, place: &Place) -> &str {
        self.texts.at(place)
    }

    /// The same in one line, for messages.
    pub(super) fn excerpt(&self, place: &Place) -> String {
        let line = self.text(place).split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
            None => line,
        }
    }

    /// Where a negation stands, given what it negates: from its `not` to the last parenthesis in between.
    pub(super) fn negation(&self, unit: &Unit<'_>, inner: Place) -> Place {
        let mut before = self.text(&(unit.base..inner.start)).trim_end();
        let mut behind = self.text(&(inner.end..unit.end)).trim_start();
        let mut end = inner.end;
        while let (Some(outside), Some(rest)) = (before.strip_suffix('('), behind.strip_prefix(')')) {
            (before, behind) = (outside.trim_end(), rest.trim_start());
            end = unit.end - rest.len();
        }
        match before.strip_suffix("not") {
            Some(outside) => unit.base + outside.len()..end,
            None => inner,
        }
    }

    /// Whether a comparison stands in a file as it is, and not in part in a list.
    pub(super) fn is_written(&self, check: &Check) -> bool {
        let written = self
            .span(&check.place)
            .and_then(|span| self.files.get(span.file).and_then(|file| file.text.get(span.start..span.end)));
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        written.is_some_and(|written| bare(written) == bare(self.text(&check.place)))
    }

    fn unit(
        &mut self,
        (name, heading, context): (&'c str, &'c Heading, &'c [Location]),
        written: Sourced,
        output: Option<&'c Sourced>,
    ) -> Option<Unit<'c>> {
        let condition = self.lists.substitute(written.clone(), &mut Vec::new()).ok()?;
        let Text { base, text } = self.texts.add(condition);
        let expr = parse_condition_at(&text, self.options.dialect(), base).ok()?;
        let end = base + text.len();
        Some(Unit { name, base, end, expr, written, output, heading, user: heading, user_context: context })
    }

    /// Finds for each macro the first rule that uses it.
    fn find_users(&mut self) {
        let mut users: Vec<Option<usize>> = vec![None; self.macros.len()];
        for (at, rule) in self.rules.iter().enumerate() {
            let mut waiting = vec![&rule.expr];
            while let Some(expr) = waiting.pop() {
                expr.each_macro(&mut |name| {
                    let Some(&called) = self.names.get(&*name.text) else { return };
                    if let Some(user @ None) = users.get_mut(called) {
                        *user = Some(at);
                        waiting.extend(self.macros.get(called).map(|unit| &unit.expr));
                    }
                });
            }
        }
        for (unit, user) in self.macros.iter_mut().zip(users) {
            if let Some(rule) = user.and_then(|user| self.rules.get(user)) {
                (unit.user, unit.user_context) = (rule.heading, rule.user_context);
            }
        }
    }
}
