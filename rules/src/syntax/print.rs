//! Conditions back to text.
//!
//! `Display` is faithful: parsing it gives the same tree, places aside. [`canonical`] is what Falco prints as
//! `condition_compiled`; it says less, for it quotes a value only where that contains a blank, `=`, a quote, a
//! backslash or a control character.

use std::fmt;

use super::ast::{Argument, Check, Constant, Expr, FieldRef, Operand, Right, Test, Transform};
use super::cursor::{argument_needs_quotes, is_bare};
use super::escape::quote;

/// The text that Falco prints for a compiled condition.
pub fn canonical(expr: &Expr) -> String {
    printed(Style::Canonical, |printer| printer.expr(expr))
}

/// A field or transformer as Falco names it, in conditions and as a key of an alert's fields.
pub fn canonical_operand(operand: &Operand) -> String {
    printed(Style::Canonical, |printer| printer.operand(operand))
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printed(Style::Faithful, |printer| printer.expr(self)))
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printed(Style::Faithful, |printer| printer.check(self)))
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printed(Style::Faithful, |printer| printer.operand(self)))
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printed(Style::Faithful, |printer| printer.constant(self)))
    }
}

impl fmt::Display for FieldRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printed(Style::Faithful, |printer| printer.field(self)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Faithful,
    Canonical,
}

struct Printer {
    style: Style,
    out: String,
}

fn printed(style: Style, print: impl FnOnce(&mut Printer)) -> String {
    let mut printer = Printer { style, out: String::new() };
    print(&mut printer);
    printer.out
}

impl Printer {
    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::And(parts) => self.joined(parts, " and "),
            Expr::Or(parts) => self.joined(parts, " or "),
            Expr::Not(inner) => self.negated(inner),
            Expr::Macro(name) => self.out.push_str(&name.text),
            Expr::Check(check) => self.check(check),
        }
    }

    fn joined(&mut self, parts: &[Expr], separator: &str) {
        self.parenthesised(parts, separator, Self::expr);
    }

    /// `not not x` reads as `x`: two in a row are told apart by parentheses.
    fn negated(&mut self, inner: &Expr) {
        self.out.push_str("not ");
        if self.style == Style::Faithful && matches!(inner, Expr::Not(_)) {
            self.parenthesised(std::slice::from_ref(inner), "", Self::expr);
        } else {
            self.expr(inner);
        }
    }

    fn check(&mut self, check: &Check) {
        self.operand(&check.left);
        match &check.test {
            Test::Exists => self.out.push_str(" exists"),
            Test::Compare(operator, right) => {
                self.words(&[operator.name()]);
                self.right(right);
            }
            Test::Quantified(operator, quantifier, list) => {
                self.words(&[operator.name(), quantifier.name()]);
                self.parenthesised(list, ", ", Self::constant);
            }
        }
    }

    fn words(&mut self, words: &[&str]) {
        for word in words {
            self.out.push(' ');
            self.out.push_str(word);
        }
        self.out.push(' ');
    }

    fn right(&mut self, right: &Right) {
        match right {
            Right::Constant(constant) => self.constant(constant),
            Right::List(list) => self.parenthesised(list, ", ", Self::constant),
            Right::Operand(operand) => self.operand(operand),
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Field(field) => self.field(field),
            Operand::Transform(transform) => self.transform(transform),
            Operand::Val(field) => {
                self.out.push_str("val(");
                self.field(field);
                self.out.push(')');
            }
        }
    }

    fn field(&mut self, field: &FieldRef) {
        self.out.push_str(&field.name);
        self.bracketed(field.argument.as_deref());
    }

    fn transform(&mut self, transform: &Transform) {
        self.out.push_str(transform.function.name());
        self.parenthesised(&transform.arguments, ",", Self::argument);
        self.bracketed(transform.index.as_deref());
    }

    fn argument(&mut self, argument: &Argument) {
        match argument {
            Argument::Operand(operand) => self.operand(operand),
            Argument::Constant(constant) => self.constant(constant),
            Argument::List(list) => self.parenthesised(list, ", ", Self::argument),
        }
    }

    fn bracketed(&mut self, argument: Option<&str>) {
        let Some(argument) = argument else { return };
        let quotes = match self.style {
            Style::Faithful => argument_needs_quotes(argument),
            Style::Canonical => argument.is_empty() || needs_canonical_quotes(argument),
        };
        self.out.push('[');
        self.value(argument, quotes);
        self.out.push(']');
    }

    fn constant(&mut self, constant: &Constant) {
        let quotes = match self.style {
            Style::Faithful => {
                constant.quoted || constant.value.is_empty() || !constant.value.chars().all(is_bare)
            }
            Style::Canonical => needs_canonical_quotes(&constant.value),
        };
        self.value(&constant.value, quotes);
    }

    fn value(&mut self, value: &str, quotes: bool) {
        if quotes { quote(value, &mut self.out) } else { self.out.push_str(value) }
    }

    fn parenthesised<T>(&mut self, items: &[T], separator: &str, print: impl Fn(&mut Self, &T)) {
        self.out.push('(');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(separator);
            }
            print(self, item);
        }
        self.out.push(')');
    }
}

fn needs_canonical_quotes(value: &str) -> bool {
    value.contains(|c: char| matches!(c, ' ' | '=' | '"' | '\'' | '\\') || c.is_ascii_control())
}
