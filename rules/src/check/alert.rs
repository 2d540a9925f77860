//! Names of fields in conditions over alerts: what every alert has, then output fields under their own names.

use super::ProblemKind;
use super::ir::Operand;
use super::operand::{argument, resolve_field};
use crate::fields::{self, Kind, Shape, Shown, alert_fields, output_field};
use crate::syntax::ast::{self, FieldRef, Place};
use crate::syntax::print::canonical_operand;

/// What the names of fields begin with that only the tables of fields have.
const OURS: [&str; 4] = ["alert.", "ka.", "evt.", "jevt."];

/// The field of alerts that is meant.
pub(super) fn resolve(reference: &FieldRef) -> Result<Operand, (Place, ProblemKind)> {
    let at = |problem| (reference.place.clone(), problem);
    if let Some(field) = alert_fields().find(|field| field.name == reference.name) {
        let argument = argument(field, reference.argument.as_deref()).map_err(at)?;
        return Ok(Operand::Field(field, argument));
    }
    let (kind, shape) = match resolve_field(reference) {
        // Shown as nanoseconds among the fields of an alert, which are all that is left of it.
        Ok(Operand::Field(field, _)) if field.shown == Shown::Nanoseconds => (Kind::Number, Shape::Single),
        Ok(of_events) => (of_events.kind(), of_events.shape()),
        // Settings may add fields of any name to outputs; all of them are texts.
        Err((_, ProblemKind::UnknownField { .. })) if is_free(&reference.name) => (Kind::Text, Shape::Single),
        Err(problem) => return Err(problem),
    };
    let name = canonical_operand(&ast::Operand::Field(reference.clone()));
    Ok(Operand::Field(output_field(kind, shape), fields::own(&name)))
}

fn is_free(name: &str) -> bool {
    !OURS.iter().any(|prefix| name.starts_with(prefix))
}
