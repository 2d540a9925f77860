//! Fields and transformers, and the parser that everything else builds on.

use super::ast::{Argument, Constant, FieldRef, Function, Operand, Transform};
use super::cursor::Cursor;
use super::error::SyntaxError;
use super::{Dialect, MAX_DEPTH, operators};

/// A field or transformer that is the whole of `text`.
pub fn parse_operand(text: &str, dialect: Dialect) -> Result<Operand, SyntaxError> {
    let mut parser = Parser::new(Cursor::new(text, dialect));
    let operand = parser.operand()?.ok_or_else(|| parser.expected("a field or a transformer"))?;
    if parser.cursor.is_at_end() { Ok(operand) } else { Err(parser.expected("the end of the field")) }
}

/// How much of a text is gone through for another field than the longest: no name is nearly as long as this.
const MAX_SHORTENED: usize = 512;

/// Every field or transformer that `text` starts with, with its length, the longest first: output templates want the
/// longest that also resolves.
pub fn operand_prefixes(text: &str, dialect: Dialect) -> impl Iterator<Item = (Operand, usize)> {
    let mut parser = Parser::new(Cursor::new(text, dialect));
    let longest = parser.operand().ok().flatten();
    // Behind the place where the parser gave up there is nothing that it would take.
    let reached = parser.cursor.at();
    let longest = longest.map(|operand| (operand, reached));
    let limit = if longest.is_some() { reached.saturating_sub(1) } else { reached };
    let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
    let ends: Vec<_> = ends.take_while(|end| *end <= limit.min(MAX_SHORTENED)).collect();
    let shorter = ends.into_iter().rev().filter_map(move |end| {
        let operand = parse_operand(text.get(..end)?, dialect).ok()?;
        Some((operand, end))
    });
    longest.into_iter().chain(shorter)
}

/// Recursive descent over one text.
pub(super) struct Parser<'a> {
    pub(super) cursor: Cursor<'a>,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(cursor: Cursor<'a>) -> Self {
        Self { cursor, depth: 0 }
    }

    /// Runs a production one level further down.
    pub(super) fn descend<T>(
        &mut self,
        production: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        self.depth += 1;
        if self.depth >= MAX_DEPTH {
            let message = format!("nested too deeply: more than {MAX_DEPTH} productions inside one another");
            return Err(SyntaxError::new(message, self.cursor.word_here())
                .with_help("move a part of the condition into a macro"));
        }
        let result = production(self);
        self.depth -= 1;
        result
    }

    /// That something else stands here than should.
    pub(super) fn expected(&self, what: &str) -> SyntaxError {
        let place = self.cursor.word_here();
        let found = match self.cursor.rest().get(..place.len()).unwrap_or_default() {
            "" => "the end".to_owned(),
            word if word.trim().is_empty() => "a blank".to_owned(),
            word => format!("`{word}`"),
        };
        SyntaxError::new(format!("expected {what}, found {found}"), place)
    }

    pub(super) fn close(&mut self, token: &str) -> Result<(), SyntaxError> {
        if self.cursor.literal(token) { Ok(()) } else { Err(self.expected(&format!("`{token}`"))) }
    }

    /// A field or a transformer.
    pub(super) fn operand(&mut self) -> Result<Option<Operand>, SyntaxError> {
        if let Some(field) = self.field()? {
            return Ok(Some(Operand::Field(field)));
        }
        Ok(self.transform()?.map(Operand::Transform))
    }

    /// `name` or `name[argument]`.
    pub(super) fn field(&mut self) -> Result<Option<FieldRef>, SyntaxError> {
        let start = self.cursor.at();
        let Some(name) = self.cursor.field_name() else { return Ok(None) };
        let argument = self.bracketed()?;
        Ok(Some(FieldRef { name: name.to_owned(), argument, place: self.cursor.since(start) }))
    }

    /// `tolower(…)` and the like.
    pub(super) fn transform(&mut self) -> Result<Option<Transform>, SyntaxError> {
        let start = self.cursor.at();
        let Some(function) = operators::function(&mut self.cursor) else { return Ok(None) };
        self.descend(|parser| parser.transform_behind(function, start)).map(Some)
    }

    fn transform_behind(&mut self, function: Function, start: usize) -> Result<Transform, SyntaxError> {
        let mut arguments = Vec::new();
        loop {
            self.cursor.blank();
            arguments.push(self.argument()?);
            self.cursor.blank();
            if !self.cursor.literal(",") {
                break;
            }
        }
        self.close(")")?;
        let index = self.bracketed()?;
        Ok(Transform { function, arguments, index, place: self.cursor.since(start) })
    }

    fn argument(&mut self) -> Result<Argument, SyntaxError> {
        if self.cursor.literal("(") {
            return self.argument_list().map(Argument::List);
        }
        self.plain_argument()?
            .ok_or_else(|| self.expected("a field, a transformer, a text in quotes, a number or a list"))
    }

    fn argument_list(&mut self) -> Result<Vec<Argument>, SyntaxError> {
        let mut arguments = Vec::new();
        self.cursor.blank();
        if self.cursor.literal(")") {
            return Ok(arguments);
        }
        loop {
            self.cursor.blank();
            let argument = self.plain_argument()?;
            arguments.push(
                argument
                    .ok_or_else(|| self.expected("a field, a transformer, a text in quotes or a number"))?,
            );
            self.cursor.blank();
            if !self.cursor.literal(",") {
                break;
            }
        }
        self.close(")")?;
        Ok(arguments)
    }

    fn plain_argument(&mut self) -> Result<Option<Argument>, SyntaxError> {
        if let Some(constant) = self.number_constant() {
            return Ok(Some(Argument::Constant(constant)));
        }
        if let Some(constant) = self.quoted_constant()? {
            return Ok(Some(Argument::Constant(constant)));
        }
        Ok(self.operand()?.map(Argument::Operand))
    }

    /// A number as a value.
    pub(super) fn number_constant(&mut self) -> Option<Constant> {
        let start = self.cursor.at();
        let value = self.cursor.number()?.to_owned();
        Some(Constant { value, quoted: false, place: self.cursor.since(start) })
    }

    /// A text in quotes as a value.
    pub(super) fn quoted_constant(&mut self) -> Result<Option<Constant>, SyntaxError> {
        let start = self.cursor.at();
        let Some(value) = self.cursor.quoted()? else { return Ok(None) };
        Ok(Some(Constant { value, quoted: true, place: self.cursor.since(start) }))
    }

    /// `[argument]`, if there is one.
    fn bracketed(&mut self) -> Result<Option<String>, SyntaxError> {
        if !self.cursor.literal("[") {
            return Ok(None);
        }
        let argument = match self.cursor.quoted()? {
            Some(quoted) => quoted,
            None => self
                .cursor
                .bare_argument()
                .ok_or_else(|| {
                    self.expected("an argument, in quotes if it contains brackets, quotes or blanks")
                })?
                .to_owned(),
        };
        self.close("]")?;
        Ok(Some(argument))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest(text: &str) -> Vec<usize> {
        operand_prefixes(text, Dialect::Saker).map(|(_, length)| length).collect()
    }

    #[test]
    fn a_whole_text_must_be_one_operand() {
        assert!(parse_operand("ka.uri.param[x]", Dialect::Saker).is_ok());
        assert!(
            parse_operand("tolower( join(\",\", (ka.verb, toupper(ka.uri), 'x', 3)) )", Dialect::Saker)
                .is_ok()
        );
        for text in [
            "",
            "ka",
            " ka.verb",
            "ka.verb ",
            "val(ka.verb)",
            "tolower(ka.verb",
            "len(x)",
            "ka.verb[",
            "join(,)",
        ] {
            assert!(parse_operand(text, Dialect::Saker).is_err(), "{text}");
        }
    }

    #[test]
    fn prefixes_come_longest_first() {
        assert_eq!(longest("ka.uri.p[x] rest"), [11, 8, 6, 5, 4]);
        assert_eq!(longest("tolower(ka.verb)!"), [16]);
        assert_eq!(longest("100%"), Vec::<usize>::new());
        assert_eq!(longest("ka.verb[x y]"), [7, 6, 5, 4]);
        assert_eq!(longest("tolower(ka.verb)[x"), [16]);
        assert_eq!(longest("tolower(ka.verb"), Vec::<usize>::new());
    }

    #[test]
    fn an_option_letter_may_follow_a_transformer() {
        let Operand::Transform(transform) =
            parse_operand("getopt(ka.user.groups, 'ab:')[b]", Dialect::Saker).unwrap()
        else {
            panic!("not a transformer")
        };
        assert_eq!(transform.index.as_deref(), Some("b"));
        assert_eq!(transform.place, 0..32);
    }
}
