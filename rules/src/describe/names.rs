//! The names in a condition, in the order in which Falco comes upon them.

use crate::syntax::ast::{Argument, Check, Constant, Expr, FieldRef, Operand, Right, Test};

/// The names in a condition; some may come more than once.
#[derive(Debug, Default)]
pub(super) struct Names<'e> {
    pub(super) fields: Vec<&'e FieldRef>,
    pub(super) operators: Vec<String>,
    pub(super) macros: Vec<&'e str>,
    /// The items of lists: names of lists, if they have not been put in, among them.
    pub(super) items: Vec<&'e str>,
}

impl<'e> Names<'e> {
    pub(super) fn of(expr: &'e Expr) -> Self {
        let mut names = Self::default();
        names.expr(expr);
        names
    }

    fn expr(&mut self, expr: &'e Expr) {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| self.expr(part)),
            Expr::Not(inner) => self.expr(inner),
            Expr::Macro(name) => self.macros.push(&name.text),
            Expr::Check(check) => self.check(check),
        }
    }

    fn check(&mut self, check: &'e Check) {
        self.fields.extend(fields(&check.left));
        match &check.test {
            Test::Exists => self.operators.push("exists".to_owned()),
            Test::Compare(operator, right) => {
                self.operators.push(operator.name().to_owned());
                match right {
                    Right::Constant(_) => {}
                    Right::List(items) => self.list(items),
                    Right::Operand(operand) => self.fields.extend(fields(operand)),
                }
            }
            Test::Quantified(operator, quantifier, items) => {
                self.operators.push(format!("{} {}", operator.name(), quantifier.name()));
                self.list(items);
            }
        }
    }

    fn list(&mut self, items: &'e [Constant]) {
        self.items.extend(items.iter().map(|item| item.value.as_str()));
    }
}

/// The fields in an operand.
pub(super) fn fields(operand: &Operand) -> Vec<&FieldRef> {
    match operand {
        Operand::Field(field) | Operand::Val(field) => vec![field],
        Operand::Transform(transform) => transform.arguments.iter().flat_map(in_argument).collect(),
    }
}

fn in_argument(argument: &Argument) -> Vec<&FieldRef> {
    match argument {
        Argument::Operand(operand) => fields(operand),
        Argument::Constant(_) => Vec::new(),
        Argument::List(items) => items.iter().flat_map(in_argument).collect(),
    }
}

/// A field as a description names it, its argument as it is meant.
pub(super) fn field_name(field: &FieldRef) -> String {
    match field.argument.as_deref() {
        None | Some("") => field.name.clone(),
        Some(argument) => format!("{}[{argument}]", field.name),
    }
}
