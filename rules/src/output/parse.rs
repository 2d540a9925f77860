//! Templates as text: `%field`, `%8field[argument]`, `%tolower(field)`; everything else stands for itself.

use crate::check::ir::Operand;
use crate::check::{ProblemKind, check_operand};
use crate::syntax::ast::{self, Argument, Place};
use crate::syntax::print::canonical_operand;
use crate::syntax::{Dialect, operand_prefixes, parse_operand};

/// Wider than this is a mistake.
const MAX_WIDTH: usize = 1 << 16;

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
        let at = template.len() - behind.len();
        let (width, token) = width(behind).map_err(|problem| (at - 1..template.len(), problem))?;
        let (written, operand, len) =
            token_at_start(token, dialect).map_err(|problem| (at..template.len().min(at + 40), problem))?;
        parsed.push_fields(&written);
        parsed.tokens.push(written);
        parsed.pieces.push(Piece::Value(operand, width));
        rest = token.get(len..).unwrap_or_default();
    }
    parsed.push_literal(rest);
    Ok(parsed)
}

impl Parsed {
    fn push_literal(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Literal(text.to_owned()));
        }
    }

    fn push_fields(&mut self, operand: &ast::Operand) {
        match operand {
            ast::Operand::Transform(transform) => transform.arguments.iter().for_each(|argument| {
                self.push_fields_of_argument(argument);
            }),
            field => {
                if let Ok(checked) = check_operand(field) {
                    self.fields.push((canonical_operand(field), checked));
                }
            }
        }
    }

    fn push_fields_of_argument(&mut self, argument: &Argument) {
        match argument {
            Argument::Operand(operand) => self.push_fields(operand),
            Argument::List(items) => items.iter().for_each(|item| self.push_fields_of_argument(item)),
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
    let found = prefixes.find_map(|(written, len)| Some((check_operand(&written).ok()?, written, len)));
    let Some((operand, written, len)) = found else {
        let name = text.split(|c: char| c.is_whitespace()).next().unwrap_or(text);
        let shown: String = name.chars().take(40).collect();
        let reason = match parse_operand(name, dialect) {
            Ok(written) => {
                check_operand(&written).map_or_else(|(_, problem)| problem.to_string(), |_| String::new())
            }
            Err(error) => error.to_string(),
        };
        return Err(ProblemKind::UnknownToken { text: shown, reason });
    };
    Ok((written, operand, len))
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
