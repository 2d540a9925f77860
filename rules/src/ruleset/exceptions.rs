//! Exceptions of rules, and the text they add to a condition.

use super::exception_checks::{Wrong, check_columns, check_field, check_single, takes_list, uneven};
use super::sourced::Sourced;
use crate::diagnostic::Location;
use crate::source::Span;

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
    /// Several, and where they stand.
    Several(Vec<Self>, Span),
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
            Self::Several(items, _) => !items.is_empty(),
        }
    }

    /// The single text; empty if there are several.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::One(text) => text.text(),
            Self::Several(..) => "",
        }
    }

    /// Where it stands; nowhere if it was not given.
    pub(super) fn span(&self) -> Option<Span> {
        match self {
            Self::One(text) => text.span(0..text.len()),
            Self::Several(_, span) => Some(*span),
        }
    }

    fn sourced(&self) -> Sourced {
        match self {
            Self::One(text) => text.clone(),
            Self::Several(..) => Sourced::default(),
        }
    }

    /// The texts of several; none of one.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::One(_) => &[],
            Self::Several(items, _) => items,
        }
    }
}

impl Exception {
    /// Fills in the operators that were left out, and checks that fields and operators fit.
    pub(crate) fn complete(&mut self, is_field: impl Fn(&str) -> bool) -> Result<(), Wrong> {
        if !self.fields.is_given() {
            return Err(Wrong::new("an exception needs `fields`"));
        }
        if let Entry::Several(fields, span) = &self.fields {
            if !self.operators.is_given() {
                let equal = fields.iter().map(|_| Entry::One(synthetic("=")));
                self.operators = Entry::Several(equal.collect(), *span);
            }
            check_columns(fields, &self.operators)?;
            fields.iter().try_for_each(|field| check_field(field, &is_field))
        } else {
            if !self.operators.is_given() {
                self.operators = Entry::One(synthetic("in"));
            }
            check_single(&self.operators)?;
            check_field(&self.fields, &is_field)
        }
    }

    /// What this exception adds to a condition; nothing if it has no values.
    fn condition(&self) -> Result<Option<Sourced>, Wrong> {
        if self.values.is_empty() {
            return Ok(None);
        }
        match &self.fields {
            Entry::One(field) => self.single_condition(field).map(Some),
            Entry::Several(fields, _) => self.rows_condition(fields).map(Some),
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
            let Entry::One(text_of_value) = value else {
                let wrong = Wrong::of(value, "with a single field each of `values` is a single value");
                return Err(wrong.with_help("write `values: [a, b]`, or `fields` as a list"));
            };
            text.push_str(if index == 0 { "" } else { ", " });
            text.push(&quoted(text_of_value));
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
                return Err(uneven(row, fields.len()));
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
        Entry::Several(values, _) => {
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

fn synthetic(text: &str) -> Sourced {
    let mut sourced = Sourced::default();
    sourced.push_str(text);
    sourced
}
