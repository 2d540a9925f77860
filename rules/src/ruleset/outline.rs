//! The condition of a rule as its author sees it: macros and exceptions by name together with what they stand for,
//! lists by name. For the engine it is the tree without macros; this one is for explanations.

use std::collections::HashMap;
use std::sync::Arc;

use super::exceptions::Exception;
use super::lists::Lists;
use crate::syntax::ast::{Check, Constant, Expr, Right, Test};

/// A condition or a part of one. Without the names it is the tree that is compiled.
#[derive(Debug, Clone)]
pub enum Outline {
    /// All of them.
    All(Vec<Self>),
    /// Any of them.
    Any(Vec<Self>),
    /// Not it.
    Not(Box<Self>),
    /// A macro by its name, and what it stands for.
    Macro(String, Arc<Self>),
    /// An exception by its name, and when it applies.
    Exception(String, Box<Self>),
    /// A comparison.
    Comparison(Box<Comparison>),
}

/// A comparison as compiled and as written.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// With the items of lists put in.
    pub check: Check,
    /// With the lists by name.
    pub written: String,
    /// The lists that are named in it.
    pub lists: Vec<Arc<NamedList>>,
}

/// A list with everything that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedList {
    /// Its name.
    pub name: String,
    /// Its items; those of a list in it count as its own.
    pub items: Vec<String>,
}

/// A condition that was read: with lists put in, and as it was before that if lists made a difference.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    pub(super) tree: Expr,
    pub(super) written: Option<Expr>,
}

/// The macros of a ruleset: all as read, and the outlines of those that are resolved.
#[derive(Debug, Default)]
pub(super) struct Outlines {
    read: HashMap<String, Parsed>,
    done: HashMap<String, Arc<Outline>>,
}

impl Outlines {
    /// Adds a macro as it was read.
    pub(super) fn add(&mut self, name: &str, parsed: Parsed) {
        self.read.insert(name.to_owned(), parsed);
    }

    /// Settles what a macro stands for. It must have been found to use only macros there are, and not itself.
    pub(super) fn settle(&mut self, name: &str, lists: &Lists) {
        let outline = self.read.get(name).map(|parsed| self.outline(parsed, lists));
        if let Some(outline) = outline {
            self.done.insert(name.to_owned(), Arc::new(outline));
        }
    }

    /// The outline of a condition of which the same was found.
    pub(super) fn outline(&self, parsed: &Parsed, lists: &Lists) -> Outline {
        self.part(&parsed.tree, parsed.written.as_ref(), lists)
    }

    fn part(&self, tree: &Expr, written: Option<&Expr>, lists: &Lists) -> Outline {
        match tree {
            Expr::And(parts) => {
                let written = written.and_then(|written| match written {
                    Expr::And(parts) => Some(parts.as_slice()),
                    _ => None,
                });
                Outline::All(self.parts(parts, written, lists))
            }
            Expr::Or(parts) => {
                let written = written.and_then(|written| match written {
                    Expr::Or(parts) => Some(parts.as_slice()),
                    _ => None,
                });
                Outline::Any(self.parts(parts, written, lists))
            }
            Expr::Not(inner) => {
                let written = written.and_then(|written| match written {
                    Expr::Not(inner) => Some(&**inner),
                    _ => None,
                });
                Outline::Not(Box::new(self.part(inner, written, lists)))
            }
            Expr::Check(check) => Outline::Comparison(Box::new(Comparison::new(check, written, lists))),
            Expr::Macro(name) => Outline::Macro(name.text.clone(), self.called(&name.text, lists)),
        }
    }

    /// Where the two trees part, the compiled one stands for both.
    fn parts(&self, parts: &[Expr], written: Option<&[Expr]>, lists: &Lists) -> Vec<Outline> {
        let written = written.filter(|written| written.len() == parts.len());
        let written = |at: usize| written.and_then(|written| written.get(at));
        parts.iter().enumerate().map(|(at, part)| self.part(part, written(at), lists)).collect()
    }

    /// A macro may use one that is defined behind it, as it is then: not resolved.
    fn called(&self, name: &str, lists: &Lists) -> Arc<Outline> {
        match (self.done.get(name), self.read.get(name)) {
            (Some(done), _) => Arc::clone(done),
            (None, Some(read)) => Arc::new(self.outline(read, lists)),
            // Not met: what is not defined is an error that was found before.
            (None, None) => Arc::new(Outline::Any(Vec::new())),
        }
    }
}

impl Outline {
    /// Says which parts of a rule's condition are its exceptions, where they are still the parts they were made as.
    pub(super) fn name_exceptions(&mut self, exceptions: &[Exception]) {
        let exceptions: Vec<_> = exceptions.iter().filter(|exception| !exception.values.is_empty()).collect();
        let Self::All(parts) = self else { return };
        let Some((_, added)) = parts.split_first_mut() else { return };
        let all_negated = added.iter().all(|part| matches!(part, Self::Not(_)));
        if exceptions.is_empty() || added.len() != exceptions.len() || !all_negated {
            return;
        }
        for (part, exception) in added.iter_mut().zip(exceptions) {
            if let Self::Not(inner) = part {
                let body = std::mem::replace(&mut **inner, Self::Any(Vec::new()));
                **inner = Self::Exception(exception.name.clone(), Box::new(body));
            }
        }
    }
}

impl Comparison {
    fn new(check: &Check, written: Option<&Expr>, lists: &Lists) -> Self {
        let named = written.and_then(|written| match written {
            Expr::Check(written) => Some((written, named_lists(check, written, lists)?)),
            _ => None,
        });
        let (written, lists) = named.unwrap_or((check, Vec::new()));
        Self { check: check.clone(), written: written.to_string(), lists }
    }
}

/// The lists that `written` names; none if that is not all that tells the two comparisons apart, as where the name of
/// a list stood inside quotes.
fn named_lists(check: &Check, written: &Check, lists: &Lists) -> Option<Vec<Arc<NamedList>>> {
    let (values, constants) = (constants(check), constants(written));
    let list = |constant: &Constant| (!constant.quoted).then(|| lists.named(&constant.value)).flatten();
    let kept = |constant: &Constant| values.iter().any(|value| value.value == constant.value);
    let same = check.left.to_string() == written.left.to_string()
        && constants.iter().all(|constant| list(constant).is_some() || kept(constant));
    same.then(|| constants.iter().filter_map(list).collect())
}

fn constants(check: &Check) -> &[Constant] {
    match &check.test {
        Test::Compare(_, Right::Constant(constant)) => std::slice::from_ref(constant),
        Test::Compare(_, Right::List(constants)) | Test::Quantified(_, _, constants) => constants,
        Test::Exists | Test::Compare(_, Right::Operand(_)) => &[],
    }
}
