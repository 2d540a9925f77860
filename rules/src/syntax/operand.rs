//! Fields and transformers, and the parser that everything else builds on.

use super::ast::{Argument, Constant, FieldRef, Operand, Transform};
use super::cursor::Cursor;
use super::error::SyntaxError;
use super::{Dialect, MAX_DEPTH, operators};

/// A field or transformer that is the whole of `text`.
pub fn parse_operand(text: &str, dialect: Dialect) -> Result<Operand, SyntaxError> {
    let mut parser = Parser::new(Cursor::new(text, dialect));
    let operand = parser.operand()?.ok_or_else(|| parser.expected("a field or a transformer"))?;
    if parser.cursor.is_at_end() { Ok(operand) } else { Err(parser.expected("the end of the field")) }
}

/// No field's name is longer.
const MAX_NAME: usize = 256;

/// Every field or transformer that `text` starts with, with its length, the longest first: output templates want the
/// longest that also resolves. Beginnings of a name that no field is long enough for are left out.
pub fn operand_prefixes(text: &str, dialect: Dialect) -> impl Iterator<Item = (Operand, usize)> {
    let mut parser = Parser::new(Cursor::new(text, dialect));
    let name = parser.cursor.field_name().unwrap_or_default();
    let longest = if name.is_empty() { parser.whole_transform() } else { parser.field_with_argument(name) };
    let beginnings = (0..=name.len().min(MAX_NAME)).rev().filter_map(|end| name.get(..end));
    let names = beginnings.filter(|beginning| beginning.contains('.') && !beginning.ends_with('.'));
    longest.into_iter().chain(names.map(|name| {
        let field = FieldRef { name: name.to_owned(), argument: None, place: 0..name.len() };
        (Operand::Field(field), name.len())
    }))
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
        let arguments = self.descend(Self::transform_arguments)?;
        let index = self.bracketed()?;
        Ok(Some(Transform { function, arguments, index, place: self.cursor.since(start) }))
    }

    /// What follows the opening parenthesis of a transformer, up to and with the closing one.
    fn transform_arguments(&mut self) -> Result<Vec<Argument>, SyntaxError> {
        let mut arguments = Vec::new();
        loop {
            self.cursor.blank();
            arguments.push(self.argument()?);
            self.cursor.blank();
            if !self.cursor.literal(",") {
                break;
            }
        }
        self.close(")").map_err(|error| {
            error.with_help("a transformer ends before the operator: `tolower(ka.verb) = get`")
        })?;
        Ok(arguments)
    }

    /// The field of that name with the argument that stands here, if one does.
    fn field_with_argument(&mut self, name: &str) -> Vec<(Operand, usize)> {
        let argument = self.bracketed().ok().flatten();
        let (end, place) = (self.cursor.at(), self.cursor.since(0));
        let field =
            argument.map(|argument| FieldRef { name: name.to_owned(), argument: Some(argument), place });
        field.into_iter().map(|field| (Operand::Field(field), end)).collect()
    }

    /// The transformer that stands here, with what follows in brackets, and without.
    fn whole_transform(&mut self) -> Vec<(Operand, usize)> {
        let Some(function) = operators::function(&mut self.cursor) else { return Vec::new() };
        let Ok(arguments) = self.descend(Self::transform_arguments) else { return Vec::new() };
        let alone = Transform { function, arguments, index: None, place: self.cursor.since(0) };
        let end = self.cursor.at();
        let index = self.bracketed().ok().flatten();
        let indexed =
            index.map(|index| Transform { index: Some(index), place: self.cursor.since(0), ..alone.clone() });
        let indexed = indexed.map(|transform| (Operand::Transform(transform), self.cursor.at()));
        indexed.into_iter().chain([(Operand::Transform(alone), end)]).collect()
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
                        .with_help("between the brackets stands what is wanted: `ka.uri.param[name]`")
                })?
                .to_owned(),
        };
        self.close("]")
            .map_err(|error| error.with_help("an argument contains no blanks, and ends with `]`"))?;
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
    fn no_prefix_is_passed_over() {
        for text in [
            "ka.verb by %ka.user.name",
            "ka.uri.param[a] b] c",
            "tolower(ka.verb) (x)",
            "join(\", \", (ka.verb, \"a) b\"))[x] and more",
            "ka.verb.",
            "ka",
            "",
            "ka.verbä ka.uri",
            " ka.verb",
        ] {
            let is_operand = |start: &str| parse_operand(start, Dialect::Saker).is_ok();
            let ends = (0..=text.len()).rev();
            let all: Vec<_> = ends.filter(|end| text.get(..*end).is_some_and(is_operand)).collect();
            assert_eq!(longest(text), all, "{text}");
        }
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

    /// Tried one by one.
    fn prefixes_by_trial(text: &str) -> Vec<(Operand, usize)> {
        let ends = text.char_indices().rev().map(|(at, character)| at + character.len_utf8());
        let parsed = |end| Some((parse_operand(text.get(..end)?, Dialect::Saker).ok()?, end));
        ends.filter_map(parsed).collect()
    }

    proptest::proptest! {
        #[test]
        fn prefixes_are_what_parses(
            start in "(ka\\.verb|getopt|tolower|b64|ka|x\\.y)(\\(ka\\.user|\\(\\(|\\[|\\.)?",
            rest in "[a-c.\\[\\]()'\", 1]{0,12}",
        ) {
            let text = start + &rest;
            let found: Vec<_> = operand_prefixes(&text, Dialect::Saker).collect();
            proptest::prop_assert_eq!(found, prefixes_by_trial(&text), "{}", text);
        }
    }

    #[test]
    fn long_texts_have_few_prefixes() {
        for text in ["a.b".repeat(100_000), format!("b64({}", "(".repeat(100_000)), "tolower(".repeat(50_000)]
        {
            assert!(operand_prefixes(&text, Dialect::Saker).count() <= MAX_NAME);
        }
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
