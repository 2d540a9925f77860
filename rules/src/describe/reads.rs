//! The fields that a rule reads, and which part of an event each needs.

use super::names::{Names, fields};
use crate::check::check_operand;
use crate::check::ir;
use crate::fields::Part;
use crate::output::tokens;
use crate::ruleset::catalog::{Catalog, RuleItem};
use crate::syntax::ast::{FieldRef, Operand};

/// A field that a rule reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The field with its argument.
    pub field: String,
    /// The part of the event that it stands in.
    pub part: Part,
    /// Whether the condition reads it, or the output alone.
    pub by: Reader,
}

/// What reads a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Reader {
    Condition,
    Output,
}

/// The fields that a rule reads, each once: first those of its condition, then those of its output alone. Fields that
/// there are not, as a rule for system calls has them, are left out.
#[must_use]
pub fn reads(rule: &RuleItem, catalog: &Catalog) -> Vec<Read> {
    let tokens = tokens(&rule.output_compiled, catalog.dialect);
    let condition = Names::of(&rule.compiled).fields.into_iter().map(|field| (field, Reader::Condition));
    let output = tokens.iter().flat_map(fields).map(|field| (field, Reader::Output));
    let mut found: Vec<Read> = Vec::new();
    for (field, by) in condition.chain(output) {
        let name = field.to_string();
        if let Some(part) = part(field).filter(|_| found.iter().all(|read| read.field != name)) {
            found.push(Read { field: name, part, by });
        }
    }
    found
}

fn part(field: &FieldRef) -> Option<Part> {
    match check_operand(&Operand::Field(field.clone())) {
        Ok(ir::Operand::Field(field, argument)) => Some(field.part(&argument)),
        _ => None,
    }
}
