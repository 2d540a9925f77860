//! What there is to say of conditions that cannot be resolved.

use std::collections::HashSet;

use super::collection::Heading;
use super::exception_checks::Wrong;
use super::exceptions::Exception;
use super::macros::MacroError;
use super::resolution::{Finding, RuleStep, Stage};
use super::resolve::Resolver;
use crate::diagnostic::{Code, Diagnostic, ItemType, Location};
use crate::nearest::closest;
use crate::source::Span;
use crate::syntax::SyntaxError;
use crate::syntax::ast::{Name, Place};

/// The item a condition is of, and the items the condition stands in.
pub(super) type Of<'h> = (&'h Heading, &'h [Location]);

impl Resolver<'_> {
    pub(super) fn syntax_error(&mut self, stage: Stage, error: SyntaxError, (heading, context): Of<'_>) {
        let mut diagnostic = self.at(&error.place, Code::ConditionSyntax, error.message);
        if let Some(help) = error.help {
            diagnostic = diagnostic.with_help(help);
        }
        let mut diagnostic = self.collection.tell_origin(diagnostic, heading);
        if let Some(opened) = error.opened.and_then(|opened| self.texts.span(&opened)) {
            diagnostic = diagnostic.with_label(opened, "opened here");
        }
        self.find(stage, in_expression(diagnostic, context));
    }

    pub(super) fn macro_errors(&mut self, stage: Stage, errors: &[MacroError], heading: &Heading) {
        let mut seen = HashSet::new();
        for error in errors {
            let diagnostic = match error {
                MacroError::Undefined(name) if self.is_excused(name) => continue,
                MacroError::Undefined(name) if !seen.insert(&name.text) => continue,
                MacroError::Undefined(name) => self.undefined(name),
                MacroError::Loop(name) => {
                    let message = format!("macro `{}` uses itself", name.text);
                    self.at(&name.place, Code::MacroLoop, message).with_help(
                        "a second definition takes the place of the first; to add to that, append with `override: {condition: append}`",
                    )
                }
                MacroError::TooLarge(name) => {
                    let message = "the condition grows too large with macros put in";
                    let help = "macros that use a macro twice double it with each step";
                    self.at(&name.place, Code::TooLarge, message.to_owned()).with_help(help)
                }
            };
            let diagnostic = self.collection.tell_origin(diagnostic, heading);
            self.find(stage, in_expression(diagnostic, &heading.context));
        }
    }

    fn is_excused(&self, name: &Name) -> bool {
        !self.options.falco_exact && (self.collection.incomplete || self.broken.contains(&name.text))
    }

    fn undefined(&self, name: &Name) -> Diagnostic {
        let collection = self.collection;
        let error = self.at(&name.place, Code::UndefinedMacro, format!("there is no macro `{}`", name.text));
        if let Some(later) = collection.macros.get(&name.text) {
            let own = later.heading.context.last().map(|item| item.span);
            let is_inside = |outer: Span, inner: Span| {
                outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
            };
            if own.zip(error.span).is_some_and(|(own, place)| is_inside(own, place)) {
                return error.with_help("a macro cannot use itself");
            }
            let error = error.with_label(later.heading.span, "defined here, further on");
            return error.with_help("a macro can use only what is defined before it");
        }
        if collection.lists.get(&name.text).is_some() {
            return error.with_help(format!("`{0}` is a list: `field in ({0})`", name.text));
        }
        if let Some(rule) = collection.rules.get(&name.text) {
            let error = error.with_label(rule.heading.span, "this is a rule");
            return error.with_help("a condition can use macros only; move what both need into one");
        }
        if let Some(advice) = reserved(&name.text) {
            return error.with_help(advice);
        }
        match closest(&name.text, collection.macros.names()) {
            Some(close) => error.with_help(format!("did you mean `{close}`?")),
            None => {
                error.with_help("a rule can use the macros of its own file and of those loaded before it")
            }
        }
    }

    pub(super) fn bad_exception(&mut self, position: usize, exception: &Exception, wrong: Wrong) {
        self.find(Stage::Rule(position, RuleStep::Exceptions), wrong.diagnostic(exception));
    }

    pub(super) fn at(&self, place: &Place, code: Code, message: String) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(code, message);
        diagnostic.span = self.texts.span(place);
        diagnostic.condition = self.texts.beginning(place);
        diagnostic
    }

    pub(super) fn find(&mut self, stage: Stage, diagnostic: Diagnostic) {
        self.findings.push(Finding { stage, diagnostic });
    }
}

/// Advice on words that are no names.
fn reserved(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "not" | "and" | "or" => "nothing that could be joined or negated stands behind this word",
        "true" | "false" | "always" | "never" => {
            "the language has no word for it; what always holds is `evt.num >= 0`, and its `not` never does"
        }
        "exists" => "`exists` stands behind a field: `ka.user.name exists`",
        _ => return None,
    })
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
