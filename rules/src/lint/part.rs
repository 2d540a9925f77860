//! Conditions as lints look at them: checked comparisons that know where they stand, macros filled in but still known.

use std::collections::HashMap;
use std::rc::Rc;

use super::subject::{Subject, Unit};
use crate::check::check_condition;
use crate::check::ir::{Condition, Test};
use crate::syntax::ast::{Check, Expr, Name, Place};

/// A condition or a part of one.
#[derive(Debug)]
pub(super) enum Part<'s> {
    All(Vec<Part<'s>>),
    Any(Vec<Part<'s>>),
    Not(Box<Part<'s>>, Place),
    /// A macro and what it stands for.
    Call(&'s Name, Rc<Part<'s>>),
    Test(Comparison<'s>),
}

/// A comparison.
#[derive(Debug)]
pub(super) struct Comparison<'s> {
    pub(super) check: &'s Check,
    pub(super) test: Test,
    /// It stands in a file as it is, no list has a part in it.
    pub(super) written: bool,
}

impl<'s> Part<'s> {
    /// Where it stands in its own text.
    pub(super) fn place(&self) -> Place {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                let places = parts.iter().map(Part::place);
                places.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or_default()
            }
            Self::Not(_, place) => place.clone(),
            Self::Call(name, _) => name.place.clone(),
            Self::Test(comparison) => comparison.check.place.clone(),
        }
    }

    /// Visits this part and those in it that stand in the same text.
    pub(super) fn each(&self, visit: &mut dyn FnMut(&Part<'s>)) {
        visit(self);
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each(visit)),
            Self::Not(inner, _) => inner.each(visit),
            Self::Call(..) | Self::Test(_) => {}
        }
    }

    /// Visits the comparisons that stand in the same text.
    pub(super) fn each_comparison(&self, visit: &mut dyn FnMut(&Comparison<'s>)) {
        self.each(&mut |part| {
            if let Self::Test(comparison) = part {
                visit(comparison);
            }
        });
    }
}

/// The conditions of a ruleset. A text that names what does not exist is not looked at.
pub(super) struct Parts<'s> {
    /// By where a text starts in the space of texts.
    parts: HashMap<usize, Option<Rc<Part<'s>>>>,
}

impl<'s> Parts<'s> {
    pub(super) fn new(subject: &'s Subject<'_>) -> Self {
        let mut parts = Self { parts: HashMap::new() };
        for unit in subject.units() {
            parts.add(subject, unit);
        }
        parts
    }

    pub(super) fn of(&self, unit: &Unit<'_>) -> Option<&Part<'s>> {
        self.parts.get(&unit.base)?.as_deref()
    }

    fn add(&mut self, subject: &'s Subject<'_>, unit: &'s Unit<'_>) -> Option<Rc<Part<'s>>> {
        if let Some(known) = self.parts.get(&unit.base) {
            return known.clone();
        }
        // Until it is known: nothing may be its own part.
        self.parts.insert(unit.base, None);
        let part = self.part(subject, unit, &unit.expr).map(Rc::new);
        self.parts.insert(unit.base, part.clone());
        part
    }

    fn part(&mut self, subject: &'s Subject<'_>, unit: &'s Unit<'_>, expr: &'s Expr) -> Option<Part<'s>> {
        Some(match expr {
            Expr::And(parts) => Part::All(self.all(subject, unit, parts)?),
            Expr::Or(parts) => Part::Any(self.all(subject, unit, parts)?),
            Expr::Not(inner) => {
                let inner = self.part(subject, unit, inner)?;
                let place = subject.negation(unit, inner.place());
                Part::Not(Box::new(inner), place)
            }
            Expr::Macro(name) => Part::Call(name, self.add(subject, subject.macro_named(&name.text)?)?),
            Expr::Check(check) => match check_condition(expr) {
                Ok(Condition::Test(test)) => {
                    Part::Test(Comparison { check, test, written: subject.is_written(check) })
                }
                _ => return None,
            },
        })
    }

    fn all(
        &mut self,
        subject: &'s Subject<'_>,
        unit: &'s Unit<'_>,
        parts: &'s [Expr],
    ) -> Option<Vec<Part<'s>>> {
        parts.iter().map(|part| self.part(subject, unit, part)).collect()
    }
}
