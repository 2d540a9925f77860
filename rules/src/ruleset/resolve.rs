//! Makes rules that stand alone out of everything read so far: exceptions, lists and macros put in.

use std::collections::HashSet;
use std::sync::Arc;

use super::collection::{Collection, Macro, Rule};
use super::complaints::{Of, in_expression};
use super::dropped;
use super::exceptions::with_exceptions;
use super::hints::hints;
use super::lists::Lists;
use super::macros::{MAX_TOTAL_PARTS, Trees, inline};
use super::outline::{Outline, Outlines, Parsed};
use super::read::IsField;
use super::read_rule::{AUDIT_SOURCE, DEFAULT_SOURCE};
use super::resolution::{Finding, Resolution, RuleStep, Stage};
use super::resolved::{Resolved, ResolvedRule};
use super::select;
use super::sourced::Sourced;
use super::texts::{Text, Texts};
use super::usage::Usage;
use crate::diagnostic::{Code, Diagnostic};
use crate::options::Options;
use crate::syntax::ast::Expr;
use crate::syntax::{parse_condition, parse_condition_at};

/// Resolves everything that has been read.
pub(crate) fn resolve(collection: &Collection, options: &Options, is_field: IsField) -> Resolution {
    let mut resolver = Resolver {
        collection,
        options,
        is_field,
        lists: Lists::new(&collection.lists),
        trees: Trees::new(),
        outlines: Outlines::default(),
        parts_left: MAX_TOTAL_PARTS,
        broken: collection.broken.clone(),
        usage: Usage::default(),
        texts: Texts::default(),
        findings: Vec::new(),
        foreign: Vec::new(),
    };
    resolver.usage.by(None).lists.extend(resolver.lists.used_by_lists().map(str::to_owned));
    resolver.macros();
    let (rules, positions): (Vec<_>, Vec<_>) = resolver.rules().into_iter().unzip();
    let active = select::active(&rules, options);
    let resolved = Resolved { rules, active };
    let Resolver { texts, findings, usage, foreign, trees, .. } = resolver;
    Resolution { resolved, positions, foreign, trees, texts, findings, usage }
}

pub(super) struct Resolver<'c> {
    pub(super) collection: &'c Collection,
    pub(super) options: &'c Options,
    is_field: IsField,
    lists: Lists,
    /// The macros' conditions, macros put in as far as the resolver has got.
    trees: Trees,
    outlines: Outlines,
    /// Parts that conditions may still have, macros put in.
    parts_left: usize,
    /// Macros with errors; what uses them is not to blame.
    pub(super) broken: HashSet<String>,
    usage: Usage,
    pub(super) texts: Texts,
    pub(super) findings: Vec<Finding>,
    pub(super) foreign: Vec<(usize, Expr)>,
}

impl<'c> Resolver<'c> {
    fn macros(&mut self) {
        for (position, known) in self.collection.macros.iter().enumerate() {
            let condition = known.condition.clone();
            let tree =
                self.parse(Stage::MacroText(position), condition, (&known.heading, &known.condition_context));
            match tree {
                Some((parsed, _)) => {
                    self.trees.insert(known.name.clone(), parsed.tree.clone());
                    self.outlines.add(&known.name, parsed);
                }
                None => drop(self.broken.insert(known.name.clone())),
            }
        }
        for (position, known) in self.collection.macros.iter().enumerate() {
            self.macro_tree(position, known);
        }
    }

    fn macro_tree(&mut self, position: usize, known: &'c Macro) {
        let Some(tree) = self.trees.get(&known.name).cloned() else { return };
        let visible = |name: &str| {
            let other = self.collection.macros.get(name)?;
            if other.order.index < known.order.visibility { self.trees.get(name) } else { None }
        };
        match inline(&tree, &visible, &mut self.parts_left) {
            Ok((tree, used)) => {
                self.usage.by(None).macros.extend(used);
                self.trees.insert(known.name.clone(), tree);
                self.outlines.settle(&known.name, &self.lists);
            }
            Err(errors) => {
                self.trees.remove(&known.name);
                // First: the macro may be the one that is missing, where it uses itself.
                self.macro_errors(Stage::MacroTree(position), &errors, &known.heading);
                self.broken.insert(known.name.clone());
            }
        }
    }

    fn rules(&mut self) -> Vec<(ResolvedRule, usize)> {
        let mut resolved = Vec::new();
        for (position, rule) in self.collection.rules.iter().enumerate() {
            if rule.source == AUDIT_SOURCE {
                resolved.push((self.rule(position, rule), position));
            } else if rule.source == DEFAULT_SOURCE {
                self.foreign_rule(position, rule);
            }
        }
        resolved
    }

    fn rule(&mut self, position: usize, rule: &'c Rule) -> ResolvedRule {
        let condition = with_exceptions(&rule.condition, &rule.exceptions);
        let (condition, found) = match condition {
            Ok(condition) => self.condition(position, rule, condition),
            Err((exception, wrong)) => {
                self.bad_exception(position, exception, wrong);
                (self.texts.add(rule.condition.clone()), None)
            }
        };
        let (expr, outline) = found.unzip();
        if let Some(expr) = &expr {
            self.hints(position, rule, expr);
            if self.options.falco_exact {
                self.remark_on_condition(position, rule, expr);
            }
        }
        let (extra_output, extra_fields) = select::additions(rule, self.options);
        self.remark_on_output(position, rule);
        ResolvedRule {
            name: rule.name.clone(),
            condition,
            expr,
            outline: outline.map(Arc::new),
            output: self.texts.add(dropped::cleaned(&rule.output)),
            extra_output: extra_output.iter().map(|text| dropped::cleaned_text(text)).collect(),
            extra_fields,
            description: rule.description.clone(),
            priority: rule.priority,
            source: rule.source.clone(),
            enabled: rule.enabled,
            tags: rule.tags.iter().cloned().collect(),
            skip_if_unknown_filter: rule.skip_if_unknown_filter,
        }
    }

    fn hints(&mut self, position: usize, rule: &Rule, expr: &Expr) {
        let hints = hints(expr, self.is_field, &|place| self.texts.at(place));
        for hint in hints {
            // Falco warns of `<NA>` before it looks at fields, and of the rest if it found nothing wrong with them.
            let step = if hint.code == Code::UnsafeNaCheck { RuleStep::Tree } else { RuleStep::Fields };
            let warning = self.at(&hint.place, hint.code, hint.message).with_help(hint.help);
            let warning = self.collection.tell_origin(warning, &rule.heading);
            self.find(Stage::Rule(position, step), in_expression(warning, &rule.condition_context));
        }
    }

    /// Falco warns of fields that are no more before it says that they do not exist.
    pub(super) fn remark_on_condition(&mut self, position: usize, rule: &Rule, expr: &Expr) {
        for field in dropped::gone(expr) {
            let message = format!("events have no `{}` any more", field.name);
            let warning = self.at(&field.place, Code::Deprecated, message);
            self.find(Stage::Rule(position, RuleStep::Tree), in_expression(warning, &rule.condition_context));
        }
    }

    /// Warns of what an output names that is no more.
    pub(super) fn remark_on_output(&mut self, position: usize, rule: &Rule) {
        let (added, _) = select::additions(rule, self.options);
        let added: Vec<_> = added.iter().map(String::as_str).collect();
        for (step, warning) in dropped::remarks(rule, &added) {
            self.find(Stage::Rule(position, step), warning);
        }
    }

    /// A rule's condition, as text and, if nothing is wrong with it, as trees without macros and with them.
    pub(super) fn condition(
        &mut self,
        position: usize,
        rule: &'c Rule,
        condition: Sourced,
    ) -> (Text, Option<(Expr, Outline)>) {
        let written = condition.clone();
        let stage = Stage::Rule(position, RuleStep::Text);
        let Some((parsed, text)) = self.parse(stage, condition, (&rule.heading, &rule.condition_context))
        else {
            return (self.texts.add(written), None);
        };
        let known = |name: &str| self.trees.get(name);
        match inline(&parsed.tree, &known, &mut self.parts_left) {
            Ok((tree, used)) => {
                self.usage.by(Some(position)).macros.extend(used);
                let mut outline = self.outlines.outline(&parsed, &self.lists);
                outline.name_exceptions(&rule.exceptions);
                (text, Some((tree, outline)))
            }
            Err(errors) => {
                let stage = Stage::Rule(position, RuleStep::Tree);
                self.macro_errors(stage, &errors, &rule.heading);
                (text, None)
            }
        }
    }

    /// Puts lists into a condition and reads it.
    fn parse(&mut self, stage: Stage, condition: Sourced, of: Of<'_>) -> Option<(Parsed, Text)> {
        let span = condition.span(0..condition.len());
        let mut used = Vec::new();
        let unchanged = condition.clone();
        let substituted = self.lists.substitute(condition, &mut used);
        let unchanged = (!used.is_empty()).then_some(unchanged);
        self.usage.by(stage.rule()).lists.extend(used);
        let Ok(substituted) = substituted else {
            let mut error = Diagnostic::new(Code::TooLarge, "the condition grows too long with lists put in");
            error.span = span;
            self.find(stage, error.inside(of.1));
            return None;
        };
        let text = self.texts.add(substituted);
        match parse_condition_at(&text.text, self.options.dialect(), text.base) {
            Ok(tree) => {
                // Without lists it is the same.
                let written =
                    unchanged.and_then(|text| parse_condition(text.text(), self.options.dialect()).ok());
                Some((Parsed { tree, written }, text))
            }
            Err(error) => {
                self.syntax_error(stage, error, of);
                None
            }
        }
    }
}
