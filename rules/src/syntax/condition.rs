//! The parser of conditions: one method per production, tokens and order as in Falco, quirks included.

use super::Dialect;
use super::ast::{Check, Constant, Expr, Name, Operand, Operator, Right, Test};
use super::cursor::Cursor;
use super::error::SyntaxError;
use super::operand::Parser;
use super::operators::{self, Asks};

/// Reads a condition; the whole text must be one.
pub fn parse_condition(text: &str, dialect: Dialect) -> Result<Expr, SyntaxError> {
    parse_condition_at(text, dialect, 0)
}

/// The same for a text that starts at `base` among others: every place is moved by that much, so that places stay
/// distinct when the trees of several texts are joined.
pub fn parse_condition_at(text: &str, dialect: Dialect, base: usize) -> Result<Expr, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError::new("the condition is empty", base..base));
    }
    let mut parser = Parser::new(Cursor::based(text, dialect, base));
    let expr = parser.or()?;
    if parser.cursor.is_at_end() { Ok(expr) } else { Err(parser.unexpected_behind_condition()) }
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Expr, SyntaxError> {
        self.descend(|parser| parser.chain("or", Self::and, Expr::Or))
    }

    fn and(&mut self) -> Result<Expr, SyntaxError> {
        self.descend(|parser| parser.chain("and", Self::not, Expr::And))
    }

    /// Parts joined by `word`. Behind the word stands a blank or a parenthesis; before it nothing need stand.
    fn chain(
        &mut self,
        word: &str,
        part: impl Fn(&mut Self) -> Result<Expr, SyntaxError>,
        join: impl Fn(Vec<Expr>) -> Expr,
    ) -> Result<Expr, SyntaxError> {
        self.cursor.blank();
        let first = part(self)?;
        let mut others = Vec::new();
        self.cursor.blank();
        while self.cursor.literal(word) {
            let next = if self.cursor.blank() {
                part(self)?
            } else if self.cursor.literal("(") {
                self.embedded()?
            } else {
                return Err(self.no_blank_behind(word));
            };
            others.push(next);
            self.cursor.blank();
        }
        if others.is_empty() {
            return Ok(first);
        }
        others.insert(0, first);
        Ok(join(others))
    }

    fn not(&mut self) -> Result<Expr, SyntaxError> {
        self.descend(|parser| {
            let mut negated = false;
            parser.cursor.blank();
            while parser.cursor.not_and_blank() {
                negated = !negated;
            }
            let inner = if parser.cursor.literal("not(") {
                negated = !negated;
                parser.embedded()?
            } else {
                parser.check()?
            };
            Ok(if negated { Expr::Not(Box::new(inner)) } else { inner })
        })
    }

    /// What follows an opening parenthesis, up to and with the closing one.
    fn embedded(&mut self) -> Result<Expr, SyntaxError> {
        self.descend(|parser| {
            let opened = parser.cursor.last_character();
            let expr = parser.or()?;
            parser.close(")").map_err(|error| match parser.cursor.is_at_end() {
                true => error.with_help("a parenthesis was opened and never closed").opened_at(opened),
                false => parser.unexpected_behind_condition(),
            })?;
            Ok(expr)
        })
    }

    fn check(&mut self) -> Result<Expr, SyntaxError> {
        self.descend(|parser| {
            parser.cursor.blank();
            let start = parser.cursor.at();
            if parser.cursor.literal("(") {
                return parser.embedded();
            }
            if let Some(left) = parser.operand()? {
                let test = parser.test()?;
                return Ok(Expr::Check(Check { left, test, place: parser.cursor.since(start) }));
            }
            match parser.cursor.identifier() {
                Some(name) => {
                    let place = parser.cursor.since(start);
                    Ok(Expr::Macro(Name { text: name.to_owned(), place }))
                }
                None => Err(parser.no_comparison()),
            }
        })
    }

    fn test(&mut self) -> Result<Test, SyntaxError> {
        self.cursor.blank();
        if self.cursor.literal("exists") {
            return Ok(Test::Exists);
        }
        let start = self.cursor.at();
        match operators::operator(&mut self.cursor) {
            Some(Asks::Number(operator)) => Ok(Test::Compare(operator, self.number_side()?)),
            Some(Asks::Text(operator)) => self.text_test(operator),
            Some(Asks::List(operator)) => Ok(Test::Compare(operator, self.list_side()?)),
            None => {
                self.cursor.rewind(start);
                Err(self.no_operator())
            }
        }
    }

    fn number_side(&mut self) -> Result<Right, SyntaxError> {
        self.cursor.blank();
        if let Some(operand) = self.right_operand()? {
            return Ok(Right::Operand(operand));
        }
        if let Some(number) = self.number_constant() {
            return Ok(Right::Constant(number));
        }
        let name = if self.cursor.dialect() == Dialect::Alerts { self.identifier_constant() } else { None };
        name.map(Right::Constant).ok_or_else(|| self.no_number())
    }

    fn text_test(&mut self, operator: Operator) -> Result<Test, SyntaxError> {
        self.cursor.blank();
        if let Some(operand) = self.right_operand()? {
            return Ok(Test::Compare(operator, Right::Operand(operand)));
        }
        let start = self.cursor.at();
        if let Some(quantifier) = operators::quantifier(&mut self.cursor) {
            if let Some(list) = self.quantified_list()? {
                return Ok(Test::Quantified(operator, quantifier, list));
            }
            self.cursor.rewind(start);
        }
        let constant = self.constant()?.map(|constant| Test::Compare(operator, Right::Constant(constant)));
        constant.ok_or_else(|| self.no_value())
    }

    /// The list behind `oneof` and the like; none if what follows shows that the word was meant as a value.
    fn quantified_list(&mut self) -> Result<Option<Vec<Constant>>, SyntaxError> {
        if self.cursor.literal("(") {
            return self.list().map(Some);
        }
        let identifier = self.identifier_constant();
        Ok(identifier.filter(|c| !matches!(c.value.as_str(), "and" | "or" | "not")).map(|c| vec![c]))
    }

    fn list_side(&mut self) -> Result<Right, SyntaxError> {
        self.cursor.blank();
        if self.cursor.literal("(") {
            return self.list().map(Right::List);
        }
        if let Some(operand) = self.right_operand()? {
            return Ok(Right::Operand(operand));
        }
        let single = self.identifier_constant().map(|constant| Right::List(vec![constant]));
        single.ok_or_else(|| self.no_list())
    }

    /// The elements of a list, up to and with the closing parenthesis.
    ///
    /// A first element that is no value, or one with a bad escape, makes the list empty as far as Falco is concerned:
    /// what is left must then be the closing parenthesis.
    fn list(&mut self) -> Result<Vec<Constant>, SyntaxError> {
        let mut elements = Vec::new();
        let opened = self.cursor.last_character();
        self.cursor.blank();
        if let Ok(Some(first)) = self.constant() {
            elements.push(first);
            self.cursor.blank();
            while self.cursor.literal(",") {
                self.cursor.blank();
                elements.push(self.constant()?.ok_or_else(|| self.no_element())?);
                self.cursor.blank();
            }
        }
        if self.cursor.literal(")") { Ok(elements) } else { Err(self.unclosed_list(opened)) }
    }

    fn constant(&mut self) -> Result<Option<Constant>, SyntaxError> {
        if let Some(quoted) = self.quoted_constant()? {
            return Ok(Some(quoted));
        }
        let start = self.cursor.at();
        let bare = self.cursor.bare().map(str::to_owned);
        Ok(bare.map(|value| Constant { value, quoted: false, place: self.cursor.since(start) }))
    }

    fn identifier_constant(&mut self) -> Option<Constant> {
        let start = self.cursor.at();
        let value = self.cursor.identifier()?.to_owned();
        Some(Constant { value, quoted: false, place: self.cursor.since(start) })
    }

    /// `val(field)` or a transformer.
    fn right_operand(&mut self) -> Result<Option<Operand>, SyntaxError> {
        if !self.cursor.literal("val(") {
            return Ok(self.transform()?.map(Operand::Transform));
        }
        self.cursor.blank();
        let field = self.field()?.ok_or_else(|| self.expected("a field inside `val()`"))?;
        self.cursor.blank();
        self.close(")")?;
        Ok(Some(Operand::Val(field)))
    }
}
