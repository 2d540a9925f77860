//! Output templates: read once, rendered for every match.

mod parse;
mod render;

use std::collections::BTreeMap;

use crate::check::ir::Operand;
use crate::check::{ProblemKind, check_operand_in};
use crate::fields::{Kind, Shown};
use crate::options::{ExtraField, Options, TimeFormat};
use crate::program::SlotId;
use crate::ruleset::resolved::ResolvedRule;
use crate::syntax::ast::{self, Place};
use crate::syntax::{Dialect, parse_operand};
use parse::parse;

pub(crate) use parse::token_places;
pub(crate) use render::Values;

/// The fields and transformers of a template, as they were written; none if it is not one.
pub(crate) fn tokens(template: &str, dialect: Dialect) -> Vec<ast::Operand> {
    let template = template.strip_prefix('*').unwrap_or(template);
    parse(template, dialect).map(|parsed| parsed.tokens).unwrap_or_default()
}

/// Gives operands a place among all that are evaluated.
pub(crate) trait Slots {
    /// The place of `operand`.
    fn slot(&mut self, operand: &Operand) -> SlotId;
}

/// The output of a rule, ready to be rendered.
#[derive(Debug)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
    /// By name.
    fields: Vec<(String, FieldSource)>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// A value, cut or padded to a width.
    Value(Shape, Option<usize>),
}

/// A value and how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    slot: SlotId,
    kind: Kind,
    shown: Shown,
}

/// Where one of the fields of a match comes from.
#[derive(Debug)]
enum FieldSource {
    Value(Shape),
    Text(Vec<Piece>),
}

/// What is wrong with a template, and where: nowhere in the space of texts for what options add.
type Problems = Vec<(Option<Place>, ProblemKind)>;

impl Template {
    /// Of a rule and what options add to it.
    pub(crate) fn new(
        rule: &ResolvedRule,
        options: &Options,
        slots: &mut dyn Slots,
    ) -> Result<Self, Problems> {
        let mut maker = Maker::new(options.dialect(), slots);
        maker.time_field(options.time_format);
        if rule.output.text.is_empty() && rule.extra_output.is_empty() {
            maker.problems.push((Some(rule.output.place()), ProblemKind::EmptyOutput));
        }
        let output = rule.output.text.strip_prefix('*').unwrap_or(&rule.output.text);
        let base = rule.output.base + (rule.output.text.len() - output.len());
        let mut pieces = maker.text(output, Some(base));
        for extra in &rule.extra_output {
            pieces.push(Piece::Literal(" ".to_owned()));
            pieces.append(&mut maker.text(extra, None));
        }
        for extra in &rule.extra_fields {
            maker.extra_field(extra);
        }
        let Maker { problems, fields, .. } = maker;
        if problems.is_empty() {
            Ok(Self { pieces, fields: fields.into_iter().collect() })
        } else {
            Err(problems)
        }
    }
}

impl Template {
    /// Of a text over alerts, which adds no fields.
    pub(crate) fn over_alerts(text: &str, slots: &mut dyn Slots) -> Result<Self, ProblemKind> {
        let mut maker = Maker::new(Dialect::Alerts, slots);
        let pieces = maker.text(text, None);
        match maker.problems.pop() {
            Some((_, problem)) => Err(problem),
            None => Ok(Self { pieces, fields: Vec::new() }),
        }
    }
}

struct Maker<'a> {
    dialect: Dialect,
    slots: &'a mut dyn Slots,
    problems: Problems,
    fields: BTreeMap<String, FieldSource>,
}

impl<'a> Maker<'a> {
    fn new(dialect: Dialect, slots: &'a mut dyn Slots) -> Self {
        Self { dialect, slots, problems: Vec::new(), fields: BTreeMap::new() }
    }

    /// The time stands before every message, so it is always among the fields.
    fn time_field(&mut self, format: TimeFormat) {
        let name = match format {
            TimeFormat::Clock => "evt.time",
            TimeFormat::Iso8601 => "evt.time.iso8601",
        };
        self.plain_field(name);
    }

    /// `base` is where the template starts in the space of texts.
    fn text(&mut self, template: &str, base: Option<usize>) -> Vec<Piece> {
        let parsed = match parse(template, self.dialect) {
            Ok(parsed) => parsed,
            Err((place, problem)) => {
                let place = base.map(|base| base + place.start..base + place.end);
                self.problems.push((place, problem));
                return Vec::new();
            }
        };
        for (name, operand) in &parsed.fields {
            let shape = self.shape(operand);
            self.fields.insert(name.clone(), FieldSource::Value(shape));
        }
        let piece = |piece| match piece {
            parse::Piece::Literal(text) => Piece::Literal(text),
            parse::Piece::Value(operand, width) => Piece::Value(self.shape(&operand), width),
        };
        parsed.pieces.into_iter().map(piece).collect()
    }

    fn extra_field(&mut self, extra: &ExtraField) {
        match extra {
            ExtraField::Plain(name) => self.plain_field(name),
            ExtraField::Formatted { key, format } => {
                let before = std::mem::take(&mut self.fields);
                let pieces = self.text(format.strip_prefix('*').unwrap_or(format), None);
                self.fields = before;
                self.fields.insert(key.clone(), FieldSource::Text(pieces));
            }
        }
    }

    fn plain_field(&mut self, name: &str) {
        let dialect = self.dialect;
        let parsed = parse_operand(name, dialect);
        let parsed = parsed.map_err(|error| error.to_string());
        let checked = parsed.and_then(|operand| {
            check_operand_in(&operand, dialect).map_err(|(_, problem)| problem.to_string())
        });
        match checked {
            Ok(operand) => {
                let shape = self.shape(&operand);
                self.fields.insert(name.to_owned(), FieldSource::Value(shape));
            }
            Err(reason) => {
                let problem = ProblemKind::UnknownToken { text: name.to_owned(), reason };
                self.problems.push((None, problem));
            }
        }
    }

    fn shape(&mut self, operand: &Operand) -> Shape {
        let shown = match operand {
            Operand::Field(field, _) => field.shown,
            _ => Shown::Plain,
        };
        Shape { slot: self.slots.slot(operand), kind: operand.kind(), shown }
    }
}
