//! What can be wrong with an exception, told at the part that is.

use super::exceptions::{Entry, Exception};
use crate::check::instead_of;
use crate::diagnostic::{Code, Diagnostic};
use crate::nearest::closest;
use crate::source::Span;
use crate::syntax::ast::{Operator, Quantifier};
use crate::syntax::operator_names;

/// What is wrong with an exception, and with which part of it.
#[derive(Debug)]
pub(crate) struct Wrong {
    message: String,
    span: Option<Span>,
    help: Option<String>,
}

impl Wrong {
    /// Of an exception as a whole.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None, help: None }
    }

    /// Of a part of one.
    pub(super) fn of(part: &Entry, message: impl Into<String>) -> Self {
        Self { span: part.span(), ..Self::new(message) }
    }

    /// The same with advice.
    pub(super) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// As a problem of that exception.
    pub(super) fn diagnostic(self, exception: &Exception) -> Diagnostic {
        let error = Diagnostic::new(Code::BadException, self.message);
        let error = error.at(self.span.unwrap_or(exception.span)).inside(&exception.context);
        match self.help {
            Some(help) => error.with_help(help),
            None => error,
        }
    }
}

/// A row that has not one value for each field.
pub(super) fn uneven(row: &Entry, fields: usize) -> Wrong {
    let values = row.items().len();
    let message = match row {
        Entry::One(_) if fields == 1 => "this is one value, and `fields` is a list".to_owned(),
        Entry::One(_) => format!("this is one value, and there are {fields} fields"),
        Entry::Several(..) => {
            let elements = if values == 1 { "1 element".to_owned() } else { format!("{values} elements") };
            format!("an entry of `values` has {elements} for {fields} fields")
        }
    };
    let help = match fields {
        1 => {
            "with `fields: [a]` each of `values` is a list: `values: [[x], [y]]`; with `fields: a` it is one value"
        }
        _ => "each of `values` is a list with a value for each field",
    };
    Wrong::of(row, message).with_help(help)
}

/// Whether there is an operator for each of several fields.
pub(super) fn check_columns(fields: &[Entry], given: &Entry) -> Result<(), Wrong> {
    let operators = given.items();
    if fields.len() != operators.len() {
        let (fields, operators) = (fields.len(), operators.len());
        let message = match given {
            Entry::One(_) => "`comps` is one operator, and `fields` is a list".to_owned(),
            Entry::Several(..) => format!("there are {operators} `comps` for {fields} `fields`"),
        };
        let help = "`comps` is a list with an operator for each field; without it all are `=`";
        return Err(Wrong::of(given, message).with_help(help));
    }
    let known = |operator: &str| {
        operator == "exists" || Operator::from_name(operator).is_some() || is_quantified(operator)
    };
    let Some(operator) = operators.iter().find(|operator| !known(operator.text())) else { return Ok(()) };
    let wrong = Wrong::of(operator, format!("`{}` is no comparison operator", operator.text()));
    Err(wrong.with_help(match closest(operator.text(), operator_names()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("operators are {}", operator_names().collect::<Vec<_>>().join(" ")),
    }))
}

/// Whether the operator for a single field can be one.
pub(super) fn check_single(operator: &Entry) -> Result<(), Wrong> {
    if matches!(operator, Entry::Several(..)) {
        let wrong = Wrong::of(operator, "with a single field `comps` is a single operator");
        return Err(wrong.with_help("write `comps: in`, or `fields` as a list"));
    }
    let text = operator.text();
    if takes_list(text) {
        return Ok(());
    }
    let message = format!(
        "with a single field `comps` is in, pmatch, intersects or one with oneof, anyof, allof, not `{text}`"
    );
    let is_text = Operator::from_name(text).is_some_and(Operator::takes_text);
    Err(Wrong::of(operator, message).with_help(if is_text {
        format!("write `comps: {text} anyof`, or `fields` as a list")
    } else {
        "write `comps: in`, or leave it out".to_owned()
    }))
}

/// Whether a field exists.
pub(super) fn check_field(field: &Entry, is_field: impl Fn(&str) -> bool) -> Result<(), Wrong> {
    let text = field.text();
    if is_field(text) {
        return Ok(());
    }
    let wrong = Wrong::of(field, format!("`{text}` is no field of the events of this rule"));
    Err(match instead_of(text) {
        Some(help) => wrong.with_help(help),
        None => wrong,
    })
}

/// Whether an operator compares with a list.
pub(super) fn takes_list(operator: &str) -> bool {
    Operator::from_name(operator).is_some_and(Operator::takes_list) || is_quantified(operator)
}

/// A string operator with `oneof` and the like behind it.
fn is_quantified(operator: &str) -> bool {
    let mut words = operator.split_whitespace();
    let (Some(operator), Some(quantifier), None) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    Operator::from_name(operator).is_some_and(Operator::takes_text)
        && Quantifier::from_name(quantifier).is_some()
}
