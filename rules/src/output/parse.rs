//! Templates as text: `%field`, `%8field[argument]`, `%tolower(field)`; everything else stands for itself.

use crate::check::ir::Operand;
use crate::check::{ProblemKind, check_operand_in};
use crate::syntax::ast::{self, Argument, Place};
use crate::syntax::print::canonical_operand;
use crate::syntax::{Dialect, operand_prefixes, parse_operand};

/// Wider than this is a mistake.
const MAX_WIDTH: usize = 1 << 16;

/// More of what is no field is not repeated.
const LONGEST_SHOWN: usize = 60;

/// A template that was read.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) pieces: Vec<Piece>,
    /// The fields and transformers, as they were written.
    pub(super) tokens: Vec<ast::Operand>,
    /// The fields in it, also those in transformers, by the names they have in alerts.
    pub(super) fields: Vec<(String, Operand)>,
}

/// A part of a template.
#[derive(Debug)]
pub(super) enum Piece {
    Literal(String),
    Value(Operand, Option<usize>),
}

/// Reads a template.
pub(super) fn parse(template: &str, dialect: Dialect) -> Result<Parsed, (Place, ProblemKind)> {
    let mut parsed = Parsed::default();
    let mut rest = template;
    while let Some((literal, behind)) = rest.split_once('%') {
        parsed.push_literal(literal);
        // Falco has no way to write a percent sign; of alerts two are one.
        if let (Dialect::Alerts, Some(behind)) = (dialect, behind.strip_prefix('%')) {
            parsed.push_literal("%");
            rest = behind;
            continue;
        }
        let at = template.len() - behind.len();
        let (width, token) = width(behind).map_err(|problem| (at - 1..template.len(), problem))?;
        let (written, operand, len) = token_at_start(token, dialect)
            .map_err(|problem| (at - 1..token_end(template, token), problem))?;
        parsed.push_fields(&written, dialect);
        parsed.tokens.push(written);
        parsed.pieces.push(Piece::Value(operand, width));
        rest = token.get(len..).unwrap_or_default();
    }
    parsed.push_literal(rest);
    Ok(parsed)
}

/// Where the fields and transformers stand in a template that can be read.
pub(crate) fn token_places(template: &str, dialect: Dialect) -> Vec<Place> {
    let mut tokens = Vec::new();
    let mut rest = template;
    while let Some((_, behind)) = rest.split_once('%') {
        let Ok((_, token)) = width(behind) else { break };
        let Ok((.., len)) = token_at_start(token, dialect) else { break };
        let start = template.len() - token.len();
        tokens.push(start..start + len);
        rest = token.get(len..).unwrap_or_default();
    }
    tokens
}

impl Parsed {
    fn push_literal(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Literal(text.to_owned()));
        }
    }

    fn push_fields(&mut self, operand: &ast::Operand, dialect: Dialect) {
        match operand {
            ast::Operand::Transform(transform) => transform.arguments.iter().for_each(|argument| {
                self.push_fields_of_argument(argument, dialect);
            }),
            field => {
                if let Ok(checked) = check_operand_in(field, dialect) {
                    self.fields.push((canonical_operand(field), checked));
                }
            }
        }
    }

    fn push_fields_of_argument(&mut self, argument: &Argument, dialect: Dialect) {
        match argument {
            Argument::Operand(operand) => self.push_fields(operand, dialect),
            Argument::List(items) => {
                items.iter().for_each(|item| self.push_fields_of_argument(item, dialect));
            }
            Argument::Constant(_) => {}
        }
    }
}

/// The digits behind a `%`.
fn width(text: &str) -> Result<(Option<usize>, &str), ProblemKind> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.strip_suffix(rest).unwrap_or_default();
    if rest.is_empty() {
        return Err(if digits.is_empty() { ProblemKind::EndsInPercent } else { ProblemKind::EndsInWidth });
    }
    let width = if digits.is_empty() { 0 } else { digits.parse().unwrap_or(usize::MAX) };
    if width > MAX_WIDTH {
        return Err(ProblemKind::WidthTooLarge { width: digits.to_owned() });
    }
    Ok(((width > 0).then_some(width), rest))
}

/// The longest field or transformer at the start of `text` that there is.
fn token_at_start(text: &str, dialect: Dialect) -> Result<(ast::Operand, Operand, usize), ProblemKind> {
    let mut prefixes = operand_prefixes(text, dialect);
    let found =
        prefixes.find_map(|(written, len)| Some((check_operand_in(&written, dialect).ok()?, written, len)));
    // Falco takes the longest field that there is, and the rest of the name for text. Of alerts that is a mistake.
    let is_whole = |len: usize| !goes_on(text.get(len..).unwrap_or_default());
    let found = found.filter(|(_, _, len)| dialect != Dialect::Alerts || is_whole(*len));
    let Some((operand, written, len)) = found else {
        let name = text.get(..name_length(text)).unwrap_or_default();
        let unknown = ProblemKind::UnknownField { name: name.to_owned() };
        let reason = match parse_operand(name, dialect).map(|written| check_operand_in(&written, dialect)) {
            Ok(Err((_, problem))) if problem != unknown => problem.to_string(),
            Err(error) if name.contains('(') && name.starts_with(char::is_alphabetic) => error.to_string(),
            _ => String::new(),
        };
        return Err(ProblemKind::UnknownToken { text: name.to_owned(), reason });
    };
    Ok((written, operand, len))
}

/// Whether the name of a field, to the end of which this stands behind, goes on.
fn goes_on(rest: &str) -> bool {
    let mut rest = rest.chars();
    match rest.next() {
        Some('.') => rest.next().is_some_and(char::is_alphabetic),
        Some(next) => next.is_alphanumeric() || next == '_',
        None => false,
    }
}

/// How much of a text somebody who wrote it may have taken for a field.
fn name_length(text: &str) -> usize {
    let is_wrapped = text.starts_with(['{', '(', '%']);
    let ends = |c: char| match is_wrapped {
        true => c.is_whitespace(),
        false => !(c.is_alphanumeric() || matches!(c, '.' | '_' | '[' | ']' | '(' | ')' | '/' | '-')),
    };
    let end = text.find(ends).unwrap_or(text.len());
    let end = text.char_indices().nth(LONGEST_SHOWN).map_or(end, |(longest, _)| end.min(longest));
    text.get(..end).map_or(0, |name| name.trim_end_matches(['.', '-']).len())
}

/// Where in the template the name ends that its rest `token` starts with.
fn token_end(template: &str, token: &str) -> usize {
    template.len() - token.len() + name_length(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(template: &str) -> String {
        let parsed = parse(template, Dialect::Saker).expect("a template");
        let piece = |piece: &Piece| match piece {
            Piece::Literal(text) => format!("{text:?}"),
            Piece::Value(Operand::Field(field, argument), width) => {
                format!("{}{argument:?}{width:?}", field.name)
            }
            Piece::Value(operand, _) => format!("{operand:?}"),
        };
        parsed.pieces.iter().map(piece).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_longest_field_that_exists() {
        assert_eq!(shown("v=%ka.verbose"), r#""v=" ka.verbNoneNone "ose""#);
        assert_eq!(shown("%ka.verb[0]"), r#"ka.verbNoneNone "[0]""#);
        assert_eq!(shown("%ka.uri.param"), r#"ka.uriNoneNone ".param""#);
        assert_eq!(shown("%8ka.verb%0ka.verb"), "ka.verbNoneSome(8) ka.verbNoneNone");
    }

    #[test]
    fn fields_in_transformers_are_named() {
        let parsed = parse("%join(\",\", (ka.verb, toupper(ka.uri.param['a b'])))x", Dialect::Saker);
        assert!(parsed.is_err());
        let parsed =
            parse("%concat(ka.verb, toupper(ka.uri.param['a=b']))", Dialect::Saker).expect("a template");
        let names: Vec<_> = parsed.fields.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["ka.verb", "ka.uri.param[\"a=b\"]"]);
    }

    #[test]
    fn refuses_what_is_no_field() {
        for template in
            ["100% sure", "%evt.type", "%", "x%", "%5", "%99999ka.verb", "%jevt.value", "%%ka.verb"]
        {
            assert!(parse(template, Dialect::Saker).is_err(), "{template}");
        }
    }
}
