//! From a condition as it was written to one that can only be right: fields found, types fit, patterns compiled.

mod alert;
mod instead;
pub mod ir;
mod operand;
mod predicate;
mod problem;

pub(crate) use instead::instead_of;
pub use problem::ProblemKind;

use crate::fields::{Kind, Shape};
use crate::syntax::ast::{self, Expr, Place};
use crate::syntax::{Dialect, parse_operand};
use ir::{Condition, Operand, Test};

/// Problems of one condition that are told. Nobody reads more, and a condition can be megabytes long.
const MAX_PROBLEMS: usize = 100;

/// Checks a condition over events, without macros. What is wrong with it is reported at once.
pub fn check_condition(expr: &Expr) -> Result<Condition, Vec<(Place, ProblemKind)>> {
    check_condition_in(expr, Dialect::Saker)
}

/// As [`check_condition`], over what the dialect is about.
pub(crate) fn check_condition_in(
    expr: &Expr,
    dialect: Dialect,
) -> Result<Condition, Vec<(Place, ProblemKind)>> {
    let mut checker = Checker { dialect, problems: Vec::new() };
    let condition = checker.condition(expr);
    match condition {
        Some(condition) if checker.problems.is_empty() => Ok(condition),
        _ => Err(checker.problems),
    }
}

/// Checks a field or transformer of events that stands alone, as in an output.
pub fn check_operand(operand: &ast::Operand) -> Result<Operand, (Place, ProblemKind)> {
    check_operand_in(operand, Dialect::Saker)
}

/// As [`check_operand`], of what the dialect is about.
pub(crate) fn check_operand_in(
    operand: &ast::Operand,
    dialect: Dialect,
) -> Result<Operand, (Place, ProblemKind)> {
    operand::resolve(operand, dialect)
}

/// Whether an operator works on values of a type.
#[must_use]
pub fn is_supported(kind: Kind, shape: Shape, operator: ast::Operator) -> bool {
    predicate::supported(kind, shape, operator).is_ok()
}

/// Whether `text` is a field or a transformer of some, as a whole.
#[must_use]
pub fn is_field(text: &str, dialect: Dialect) -> bool {
    parse_operand(text, dialect).is_ok_and(|operand| check_operand(&operand).is_ok())
}

struct Checker {
    dialect: Dialect,
    problems: Vec<(Place, ProblemKind)>,
}

impl Checker {
    fn condition(&mut self, expr: &Expr) -> Option<Condition> {
        match expr {
            Expr::And(parts) => self.conditions(parts).map(Condition::All),
            Expr::Or(parts) => self.conditions(parts).map(Condition::Any),
            Expr::Not(inner) => Some(Condition::Not(Box::new(self.condition(inner)?))),
            Expr::Check(check) => self.test(check).map(Condition::Test),
            Expr::Macro(name) => {
                let problem = ProblemKind::UnresolvedMacro(name.text.clone());
                self.note((name.place.clone(), problem))
            }
        }
    }

    /// Every part is looked at, also behind a broken one.
    fn conditions(&mut self, parts: &[Expr]) -> Option<Vec<Condition>> {
        let checked: Vec<_> = parts.iter().map(|part| self.condition(part)).collect();
        checked.into_iter().collect()
    }

    fn test(&mut self, check: &ast::Check) -> Option<Test> {
        let operand = match operand::resolve(&check.left, self.dialect) {
            Ok(operand) => operand,
            Err(problem) => return self.note(problem),
        };
        match predicate::compile(&operand, check, self.dialect) {
            Ok(predicate) => Some(Test { operand, predicate }),
            Err(problem) => self.note(problem),
        }
    }

    fn note<T>(&mut self, problem: (Place, ProblemKind)) -> Option<T> {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
        None
    }
}
