//! What is wrong with a condition or a template over alerts.

use std::fmt;

use crate::check::ProblemKind;
use crate::fields::{alert_fields, fields};
use crate::nearest::nearest;
use crate::syntax::SyntaxError;
use crate::syntax::ast::Place;

/// More problems of one text are not told.
const MOST_TOLD: usize = 5;

/// What is wrong, in one line for each problem: what, where in the text, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertError(Vec<String>);

impl AlertError {
    pub(super) fn of(problem: String) -> Self {
        Self(vec![problem])
    }

    pub(super) fn syntax(text: &str, error: &SyntaxError) -> Self {
        let message = format!("{}{}", error.message, at(text, &error.place));
        Self(vec![helped(message, error.help.clone())])
    }

    pub(super) fn problems(found: Vec<(Place, ProblemKind)>) -> Self {
        let mut told: Vec<String> = found.iter().map(|(_, problem)| told(problem)).collect();
        told.dedup();
        let more = told.len().saturating_sub(MOST_TOLD);
        told.truncate(MOST_TOLD);
        if more > 0 {
            told.push(format!("and {more} more problems"));
        }
        Self(told)
    }
}

impl fmt::Display for AlertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for AlertError {}

fn told(problem: &ProblemKind) -> String {
    let help = match problem {
        ProblemKind::UnknownField { name } | ProblemKind::UnknownToken { text: name, .. } => meant(name),
        ProblemKind::UnresolvedMacro(name) => {
            Some(format!("there are no macros here; an output field of that name is `alert.field[{name}]`"))
        }
        ProblemKind::EndsInPercent => Some("a percent sign is written `%%`".to_owned()),
        other => other.help(),
    };
    helped(problem.to_string(), help)
}

fn meant(name: &str) -> Option<String> {
    if !name.contains('.') {
        return Some(
            "a field stands behind `%`, as in `%alert.rule`; a percent sign is written `%%`".to_owned(),
        );
    }
    let names = alert_fields().chain(fields()).map(|field| field.name);
    let nearest: Vec<String> = nearest(name, names).into_iter().map(|name| format!("`{name}`")).collect();
    (!nearest.is_empty()).then(|| format!("did you mean {}?", nearest.join(" or ")))
}

fn helped(message: String, help: Option<String>) -> String {
    match help {
        Some(help) => format!("{message}; {help}"),
        None => message,
    }
}

/// Where it is, if that is not the beginning.
fn at(text: &str, place: &Place) -> String {
    match text.get(..place.start) {
        Some(before) if !before.is_empty() => format!(" at character {}", before.chars().count() + 1),
        _ => String::new(),
    }
}
