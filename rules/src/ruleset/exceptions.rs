//! Exceptions of rules: how they are checked, and the text they add to a condition.

use super::sourced::Sourced;
use crate::diagnostic::Location;
use crate::source::Span;
use crate::syntax::ast::{Operator, Quantifier};

/// An exception as written; operators filled in where none were given.
#[derive(Debug, Clone)]
pub(crate) struct Exception {
    pub(crate) name: String,
    pub(crate) fields: Entry,
    pub(crate) operators: Entry,
    pub(crate) values: Vec<Entry>,
    pub(crate) context: Vec<Location>,
    pub(crate) span: Span,
}

/// One text or several, possibly nested.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// One; empty if it was not given.
    One(Sourced),
    /// Several.
    Several(Vec<Self>),
}

impl Default for Entry {
    fn default() -> Self {
        Self::One(Sourced::default())
    }
}

impl Entry {
    /// Whether it says anything.
    pub(crate) fn is_given(&self) -> bool {
        match self {
            Self::One(text) => !text.is_empty(),
            Self::Several(items) => !items.is_empty(),
        }
    }

    /// The single text; empty if there are several.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::One(text) => text.text(),
            Self::Several(_) => "",
        }
    }

    fn sourced(&self) -> Sourced {
        match self {
            Self::One(text) => text.clone(),
            Self::Several(_) => Sourced::default(),
        }
    }

    fn items(&self) -> &[Self] {
        match self {
            Self::One(_) => &[],
            Self::Several(items) => items,
        }
    }
}

/// What is wrong with an exception.
type Wrong = String;

impl Exception {
    /// Fills in the operators that were left out, and checks that fields and operators fit.
    pub(crate) fn complete(&mut self, is_field: impl Fn(&str) -> bool) -> Result<(), Wrong> {
        if !self.fields.is_given() {
            return Err("an exception needs `fields`".to_owned());
        }
        if let Entry::Several(fields) = &self.fields {
            if !self.operators.is_given() {
                self.operators = Entry::Several(fields.iter().map(|_| Entry::One(synthetic("="))).collect());
            }
            check_columns(fields, self.operators.items())?;
            fields.iter().try_for_each(|field| check_field(field.text(), &is_field))
        } else {
            if !self.operators.is_given() {
                self.operators = Entry::One(synthetic("in"));
            }
            check_single(&self.operators)?;
            check_field(self.fields.text(), &is_field)
        }
    }

    /// What this exception adds to a condition; nothing if it has no values.
    fn condition(&self) -> Result<Option<Sourced>, Wrong> {
        if self.values.is_empty() {
            return Ok(None);
        }
        match &self.fields {
            Entry::One(field) => self.single_condition(field).map(Some),
            Entry::Several(fields) => self.rows_condition(fields).map(Some),
        }
    }

    /// `(field in (a, b))`
    fn single_condition(&self, field: &Sourced) -> Result<Sourced, Wrong> {
        let mut text = synthetic("(");
        text.push(field);
        text.push_str(" ");
        text.push(&self.operators.sourced());
        text.push_str(" (");
        for (index, value) in self.values.iter().enumerate() {
            let Entry::One(value) = value else {
                return Err("with a single field each of `values` is a single value".to_owned());
            };
            text.push_str(if index == 0 { "" } else { ", " });
            text.push(&quoted(value));
        }
        text.push_str("))");
        Ok(text)
    }

    /// `(( f = a and g in (b)) or ( f = c and g in (d)))`
    fn rows_condition(&self, fields: &[Entry]) -> Result<Sourced, Wrong> {
        let mut text = synthetic("(");
        for (index, row) in self.values.iter().enumerate() {
            let values = row.items();
            if values.len() != fields.len() {
                let (fields, values) = (fields.len(), values.len());
                return Err(format!("an entry of `values` has {values} elements for {fields} fields"));
            }
            text.push_str(if index == 0 { "(" } else { " or (" });
            let columns = fields.iter().zip(self.operators.items()).zip(values);
            for (column, ((field, operator), value)) in columns.enumerate() {
                text.push_str(if column == 0 { " " } else { " and  " });
                text.push(&field.sourced());
                text.push_str(" ");
                text.push(&operator.sourced());
                text.push_str(" ");
                text.push(&cell(operator.text(), value));
            }
            text.push_str(")");
        }
        text.push_str(")");
        Ok(text)
    }
}

/// A rule's condition with its exceptions. Their mere presence puts the condition in parentheses.
pub(crate) fn with_exceptions<'a>(
    condition: &Sourced,
    exceptions: &'a [Exception],
) -> Result<Sourced, (&'a Exception, Wrong)> {
    if exceptions.is_empty() {
        return Ok(condition.clone());
    }
    let mut text = synthetic("(");
    text.push(condition);
    text.push_str(")");
    for exception in exceptions {
        if let Some(added) = exception.condition().map_err(|wrong| (exception, wrong))? {
            text.push_str(" and not ");
            text.push(&added);
        }
    }
    Ok(text)
}

/// In quotes if it contains a space, unless it has some. Nothing is escaped: this is how the language works.
pub(crate) fn quoted(value: &Sourced) -> Sourced {
    if !value.text().contains(' ') || value.text().starts_with(['"', '\'']) {
        return value.clone();
    }
    let mut text = synthetic("\"");
    text.push(value);
    text.push_str("\"");
    text
}

fn cell(operator: &str, value: &Entry) -> Sourced {
    match value {
        Entry::Several(values) => {
            let mut text = synthetic("(");
            for value in values {
                // An empty text at the start vanishes with its comma.
                text.push_str(if text.text() == "(" { "" } else { ", " });
                text.push(&quoted(&value.sourced()));
            }
            text.push_str(")");
            text
        }
        Entry::One(value) if takes_list(operator) => parenthesised(value),
        Entry::One(value) => quoted(value),
    }
}

fn parenthesised(value: &Sourced) -> Sourced {
    if value.text().starts_with('(') {
        return value.clone();
    }
    let mut text = synthetic("(");
    text.push(value);
    text.push_str(")");
    text
}

fn takes_list(operator: &str) -> bool {
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

fn check_columns(fields: &[Entry], operators: &[Entry]) -> Result<(), Wrong> {
    if fields.len() != operators.len() {
        let (fields, operators) = (fields.len(), operators.len());
        return Err(format!("there are {operators} `comps` for {fields} `fields`"));
    }
    let known = |operator: &str| {
        operator == "exists" || Operator::from_name(operator).is_some() || is_quantified(operator)
    };
    match operators.iter().find(|operator| !known(operator.text())) {
        Some(operator) => Err(format!("`{}` is no comparison operator", operator.text())),
        None => Ok(()),
    }
}

fn check_single(operator: &Entry) -> Result<(), Wrong> {
    let Entry::One(operator) = operator else {
        return Err("with a single field `comps` is a single operator".to_owned());
    };
    if takes_list(operator.text()) {
        return Ok(());
    }
    Err(format!(
        "with a single field `comps` is in, pmatch, intersects or one with oneof, anyof, allof, not `{}`",
        operator.text()
    ))
}

fn check_field(field: &str, is_field: impl Fn(&str) -> bool) -> Result<(), Wrong> {
    if is_field(field) { Ok(()) } else { Err(format!("`{field}` is no field of the events of this rule")) }
}

fn synthetic(text: &str) -> Sourced {
    let mut sourced = Sourced::default();
    sourced.push_str(text);
    sourced
}
