//! Makes rules that stand alone out of everything read so far: exceptions, lists and macros put in.

use std::collections::HashSet;

use super::collection::{Collection, Heading, Macro, Rule};
use super::exceptions::{Exception, with_exceptions};
use super::hints::hints;
use super::lists::Lists;
use super::macros::{MacroError, Trees, inline};
use super::read::IsField;
use super::read_rule::{AUDIT_SOURCE, DEFAULT_SOURCE};
use super::resolved::{Resolved, ResolvedRule};
use super::rule_keys::closest;
use super::select;
use super::sourced::Sourced;
use super::texts::{Text, Texts};
use super::usage::Usage;
use crate::diagnostic::{Code, Diagnostic, ItemType, Location};
use crate::options::Options;
use crate::syntax::ast::{Expr, Name, Operand, Place};
use crate::syntax::{SyntaxError, parse_condition_at};

/// When Falco, which stops at the first problem, would come upon one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Reading the condition of the nth macro.
    MacroText(usize),
    /// Putting macros into the nth macro.
    MacroTree(usize),
    /// A step in the compilation of the nth rule.
    Rule(usize, RuleStep),
}

impl Stage {
    /// The position of the rule that is being compiled.
    pub(crate) fn rule(self) -> Option<usize> {
        match self {
            Self::Rule(position, _) => Some(position),
            Self::MacroText(_) | Self::MacroTree(_) => None,
        }
    }
}

/// The steps of compiling a rule, in Falco's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RuleStep {
    Exceptions,
    Output,
    Text,
    Tree,
    Fields,
}

/// A problem and when it comes up.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) stage: Stage,
    pub(crate) diagnostic: Diagnostic,
}

/// What resolving comes to.
#[derive(Debug)]
pub(crate) struct Resolution {
    pub(crate) resolved: Resolved,
    /// The position among all rules of each resolved one.
    pub(crate) positions: Vec<usize>,
    pub(crate) texts: Texts,
    pub(crate) findings: Vec<Finding>,
    pub(crate) usage: Usage,
}

/// Resolves everything that has been read.
pub(crate) fn resolve(collection: &Collection, options: &Options, is_field: IsField) -> Resolution {
    let mut resolver = Resolver {
        collection,
        options,
        is_field,
        lists: Lists::new(&collection.lists),
        trees: Trees::new(),
        broken: collection.broken.clone(),
        usage: Usage::default(),
        texts: Texts::default(),
        findings: Vec::new(),
    };
    resolver.usage.by(None).lists.extend(resolver.lists.used_by_lists().map(str::to_owned));
    resolver.macros();
    let (rules, positions): (Vec<_>, Vec<_>) = resolver.rules().into_iter().unzip();
    let active = select::active(&rules, options);
    let resolved = Resolved { rules, active };
    let Resolver { texts, findings, usage, .. } = resolver;
    Resolution { resolved, positions, texts, findings, usage }
}

/// Warnings of macros and lists that nothing uses.
pub(crate) fn unused(collection: &Collection, usage: &Usage) -> Vec<Diagnostic> {
    let macros = collection.macros.iter().filter(|known| !usage.uses_macro(&known.name)).map(|known| {
        let message = format!("macro `{}` is used by no rule and no macro", known.name);
        let warning = Diagnostic::new(Code::UnusedMacro, message).at(known.heading.span);
        warning.inside(&known.heading.context)
    });
    let lists = collection.lists.iter().filter(|list| !usage.uses_list(&list.name)).map(|list| {
        let message = format!("list `{}` is used by no rule, macro or list", list.name);
        let warning = Diagnostic::new(Code::UnusedList, message).at(list.heading.span);
        warning.inside(&list.heading.context)
    });
    macros.chain(lists).collect()
}

/// The item a condition is of, and the items the condition stands in.
type Of<'h> = (&'h Heading, &'h [Location]);

struct Resolver<'c> {
    collection: &'c Collection,
    options: &'c Options,
    is_field: IsField,
    lists: Lists,
    /// The macros' conditions, macros put in as far as the resolver has got.
    trees: Trees,
    /// Macros with errors; what uses them is not to blame.
    broken: HashSet<String>,
    usage: Usage,
    texts: Texts,
    findings: Vec<Finding>,
}

impl<'c> Resolver<'c> {
    fn macros(&mut self) {
        for (position, known) in self.collection.macros.iter().enumerate() {
            let condition = known.condition.clone();
            let tree =
                self.parse(Stage::MacroText(position), condition, (&known.heading, &known.condition_context));
            match tree {
                Some((tree, _)) => drop(self.trees.insert(known.name.clone(), tree)),
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
        match inline(&tree, &visible) {
            Ok((tree, used)) => {
                self.usage.by(None).macros.extend(used);
                self.trees.insert(known.name.clone(), tree);
            }
            Err(errors) => {
                self.broken.insert(known.name.clone());
                self.trees.remove(&known.name);
                self.macro_errors(Stage::MacroTree(position), &errors, &known.heading);
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
        let (condition, expr) = match condition {
            Ok(condition) => self.condition(position, rule, condition),
            Err((exception, wrong)) => {
                self.bad_exception(position, exception, wrong);
                (self.texts.add(rule.condition.clone()), None)
            }
        };
        if let Some(expr) = &expr {
            self.hints(position, rule, expr);
        }
        let (extra_output, extra_fields) = select::additions(rule, self.options);
        ResolvedRule {
            name: rule.name.clone(),
            condition,
            expr,
            output: self.texts.add(rule.output.clone()),
            extra_output,
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

    /// A rule for system calls: it will never match anything here, but Falco compiles it, so its mistakes count. The
    /// one people make is to leave out `source: k8s_audit`.
    fn foreign_rule(&mut self, position: usize, rule: &'c Rule) {
        let Ok(condition) = with_exceptions(&rule.condition, &rule.exceptions) else { return };
        let (_, expr) = self.condition(position, rule, condition);
        let Some((name, place)) = expr.as_ref().and_then(audit_field) else { return };
        let message = format!("`{name}` is a field of audit events, this rule is for source {}", rule.source);
        let help = format!("add `source: {AUDIT_SOURCE}` to rule `{}`", rule.name);
        let error = self.at(&place, Code::UnknownField, message).with_help(help);
        let stage = Stage::Rule(position, RuleStep::Fields);
        self.find(stage, in_expression(error, &rule.condition_context));
    }

    /// A rule's condition, as text and, if nothing is wrong with it, as a tree without macros.
    fn condition(&mut self, position: usize, rule: &'c Rule, condition: Sourced) -> (Text, Option<Expr>) {
        let written = condition.clone();
        let stage = Stage::Rule(position, RuleStep::Text);
        let Some((tree, text)) = self.parse(stage, condition, (&rule.heading, &rule.condition_context))
        else {
            return (self.texts.add(written), None);
        };
        let known = |name: &str| self.trees.get(name);
        match inline(&tree, &known) {
            Ok((tree, used)) => {
                self.usage.by(Some(position)).macros.extend(used);
                (text, Some(tree))
            }
            Err(errors) => {
                let stage = Stage::Rule(position, RuleStep::Tree);
                self.macro_errors(stage, &errors, &rule.heading);
                (text, None)
            }
        }
    }

    /// Puts lists into a condition and reads it.
    fn parse(&mut self, stage: Stage, condition: Sourced, of: Of<'_>) -> Option<(Expr, Text)> {
        let span = condition.span(0..condition.len());
        let mut used = Vec::new();
        let substituted = self.lists.substitute(condition, &mut used);
        self.usage.by(stage.rule()).lists.extend(used);
        let Ok(substituted) = substituted else {
            let mut error = Diagnostic::new(Code::TooLarge, "the condition grows too long with lists put in");
            error.span = span;
            self.find(stage, error.inside(of.1));
            return None;
        };
        let text = self.texts.add(substituted);
        match parse_condition_at(&text.text, self.options.dialect(), text.base) {
            Ok(expr) => Some((expr, text)),
            Err(error) => {
                self.syntax_error(stage, error, of);
                None
            }
        }
    }

    fn syntax_error(&mut self, stage: Stage, error: SyntaxError, (heading, context): Of<'_>) {
        let mut diagnostic = self.at(&error.place, Code::ConditionSyntax, error.message);
        diagnostic.help = error.help;
        let diagnostic = self.collection.tell_origin(diagnostic, heading);
        self.find(stage, in_expression(diagnostic, context));
    }

    fn macro_errors(&mut self, stage: Stage, errors: &[MacroError], heading: &Heading) {
        let mut seen = HashSet::new();
        for error in errors {
            let diagnostic = match error {
                MacroError::Undefined(name) if self.is_excused(name) => continue,
                MacroError::Undefined(name) if !seen.insert(&name.text) => continue,
                MacroError::Undefined(name) => self.undefined(name),
                MacroError::Loop(name) => {
                    let message = format!("macro `{}` uses itself", name.text);
                    self.at(&name.place, Code::MacroLoop, message)
                }
                MacroError::TooLarge(name) => {
                    let message = "the condition grows too large with macros put in";
                    self.at(&name.place, Code::TooLarge, message.to_owned())
                }
            };
            let diagnostic = self.collection.tell_origin(diagnostic, heading);
            self.find(stage, in_expression(diagnostic, &heading.context));
        }
    }

    fn is_excused(&self, name: &Name) -> bool {
        self.collection.incomplete || self.broken.contains(&name.text)
    }

    fn undefined(&self, name: &Name) -> Diagnostic {
        let collection = self.collection;
        let error = self.at(&name.place, Code::UndefinedMacro, format!("there is no macro `{}`", name.text));
        if let Some(later) = collection.macros.get(&name.text) {
            let error = error.with_label(later.heading.span, "defined here, further on");
            return error.with_help("a macro can use only what is defined before it");
        }
        if collection.lists.get(&name.text).is_some() {
            return error.with_help(format!("`{0}` is a list: `field in ({0})`", name.text));
        }
        match closest(&name.text, collection.macros.names()) {
            Some(close) => error.with_help(format!("did you mean `{close}`?")),
            None => {
                error.with_help("a rule can use the macros of its own file and of those loaded before it")
            }
        }
    }

    fn bad_exception(&mut self, position: usize, exception: &Exception, wrong: String) {
        let error = Diagnostic::new(Code::BadException, wrong).at(exception.span).inside(&exception.context);
        self.find(Stage::Rule(position, RuleStep::Exceptions), error);
    }

    fn at(&self, place: &Place, code: Code, message: String) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(code, message);
        diagnostic.span = self.texts.span(place);
        diagnostic
    }

    fn find(&mut self, stage: Stage, diagnostic: Diagnostic) {
        self.findings.push(Finding { stage, diagnostic });
    }
}

/// A problem inside the condition of what `context` says.
pub(crate) fn in_expression(diagnostic: Diagnostic, context: &[Location]) -> Diagnostic {
    let mut context = context.to_vec();
    let outer = context.last().map(|location| location.span);
    if let Some(span) = diagnostic.span.or(outer) {
        context.push(Location { item: ItemType::ConditionExpression, name: String::new(), span });
    }
    diagnostic.inside(&context)
}

/// The first field of audit events on the left of a comparison.
fn audit_field(expr: &Expr) -> Option<(String, Place)> {
    let mut first = None;
    expr.each_check(&mut |check| match &check.left {
        Operand::Field(field) if first.is_none() && field.name.starts_with("ka.") => {
            first = Some((field.name.clone(), field.place.clone()));
        }
        _ => {}
    });
    first
}
