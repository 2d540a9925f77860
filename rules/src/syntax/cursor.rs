//! A place in a text that moves forward over tokens. Which token comes next depends on the production, so there is no
//! token stream: `create` is a macro in one place and a value in another.

use super::Dialect;
use super::ast::Place;
use super::error::SyntaxError;
use super::escape::unescape;

/// How much of a word is pointed at. Of what is parsed again and again, words are looked for as often.
const MAX_WORD: usize = 100;

/// Every method that takes a token leaves the cursor alone when the token is not there.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// What is added to every place that is handed out.
    base: usize,
    dialect: Dialect,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        Self::based(text, dialect, 0)
    }

    /// A cursor over a text that starts at `base` in a larger space of texts.
    pub(super) fn based(text: &'a str, dialect: Dialect, base: usize) -> Self {
        Self { text, at: 0, base, dialect }
    }

    /// Where the next token starts.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes back to a place the cursor was at before.
    pub(super) fn rewind(&mut self, at: usize) {
        self.at = at;
    }

    /// From `start` to here.
    pub(super) fn since(&self, start: usize) -> Place {
        self.base + start..self.base + self.at
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What has been passed.
    pub(super) fn passed(&self) -> &'a str {
        self.text.get(..self.at).unwrap_or_default()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The place of what was passed last, a character of one byte.
    pub(super) fn last_character(&self) -> Place {
        self.base + self.at.saturating_sub(1)..self.base + self.at
    }

    /// The word that stands here, for pointing at it, or its start if it is long; at least one character unless the text
    /// is over.
    pub(super) fn word_here(&self) -> Place {
        let rest = self.rest();
        let characters = rest.char_indices().take(MAX_WORD).take_while(|(_, c)| is_bare(*c));
        let word = characters.last().map_or(0, |(at, c)| at + c.len_utf8());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let start = self.base + self.at;
        start..start + word.max(first)
    }

    /// Skips space, tab, line feed, carriage return and, since Falco does, backspace.
    pub(super) fn blank(&mut self) -> bool {
        self.take(run(self.rest(), |c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{8}'))).is_some()
    }

    /// `not` and the whitespace behind it.
    pub(super) fn not_and_blank(&mut self) -> bool {
        let spaces = self.rest().strip_prefix("not").map_or(0, |rest| run(rest, is_space));
        spaces > 0 && self.take(3 + spaces).is_some()
    }

    /// Exactly this text.
    pub(super) fn literal(&mut self, token: &str) -> bool {
        self.rest().starts_with(token) && self.take(token.len()).is_some()
    }

    /// `[a-zA-Z][a-zA-Z0-9_]*`
    pub(super) fn identifier(&mut self) -> Option<&'a str> {
        self.take(identifier(self.rest()))
    }

    /// Identifiers joined by dots, at least two.
    pub(super) fn field_name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let mut length = identifier(rest);
        let mut dotted = 0;
        while length > 0 {
            let segment = rest.get(length..).and_then(|rest| rest.strip_prefix('.')).map_or(0, identifier);
            if segment == 0 {
                break;
            }
            length += 1 + segment;
            dotted += 1;
        }
        if dotted == 0 { None } else { self.take(length) }
    }

    /// A value without quotes.
    pub(super) fn bare(&mut self) -> Option<&'a str> {
        self.take(run(self.rest(), is_bare))
    }

    /// A field argument without quotes.
    pub(super) fn bare_argument(&mut self) -> Option<&'a str> {
        self.take(run(self.rest(), |c| !matches!(c, '[' | ']' | '"' | '\'') && !is_space(c)))
    }

    /// How the text is read.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// A number as it is written.
    pub(super) fn number(&mut self) -> Option<&'a str> {
        self.take(number(self.rest()))
    }

    /// A text in quotes, unescaped. A bad escape is an error that leaves the cursor *behind* the text.
    pub(super) fn quoted(&mut self) -> Result<Option<String>, SyntaxError> {
        let start = self.at;
        let Some(delimiter) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return Ok(None);
        };
        let inner = self.rest().get(1..).unwrap_or_default();
        let Some(length) = closing_quote(inner, delimiter, self.dialect) else { return Ok(None) };
        self.take(length + 2);
        let inner = inner.get(..length).unwrap_or_default();
        unescape(inner, delimiter).map(Some).map_err(|bad| {
            let backslash = self.base + start + 1 + bad.at;
            let place = backslash..backslash + 1 + bad.character.len_utf8();
            let help = match bad.character {
                'd' | 'w' | 's' => {
                    "regular expressions have no such class: write [0-9], [[:alnum:]_] or [[:space:]]"
                }
                _ => {
                    "a backslash in quotes is written `\\\\`; the other escapes are \\n \\r \\t \\b \\f \\/ and the quote itself"
                }
            };
            SyntaxError::new(format!("`\\{}` is no escape sequence", bad.character), place).with_help(help)
        })
    }

    fn take(&mut self, length: usize) -> Option<&'a str> {
        let token = self.text.get(self.at..self.at + length).filter(|token| !token.is_empty())?;
        self.at += length;
        Some(token)
    }
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// Whether a value may contain `c` without quotes.
pub(super) fn is_bare(c: char) -> bool {
    !matches!(c, '(' | ')' | '"' | '\'' | '=' | ',') && !is_space(c)
}

/// Whether a field argument needs quotes.
pub(super) fn argument_needs_quotes(argument: &str) -> bool {
    argument.is_empty() || argument.contains(|c| matches!(c, '[' | ']' | '"' | '\'') || is_space(c))
}

fn identifier(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return 0;
    }
    run(text, |c| c.is_ascii_alphanumeric() || c == '_')
}

fn number(text: &str) -> usize {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hexadecimal.map_or(0, |digits| run(digits, |c| c.is_ascii_hexdigit())) {
        0 => decimal(text),
        digits => 2 + digits,
    }
}

fn decimal(text: &str) -> usize {
    let digits = |text: &str, from: usize| run(text.get(from..).unwrap_or_default(), |c| c.is_ascii_digit());
    let sign = usize::from(text.starts_with(['+', '-']));
    let whole = digits(text, sign);
    if whole == 0 {
        return 0;
    }
    let mut length = sign + whole;
    if text.get(length..).is_some_and(|rest| rest.starts_with('.')) {
        length += 1;
        length += digits(text, length);
    }
    let exponent = text.get(length..).unwrap_or_default();
    let signed = exponent.strip_prefix(['e', 'E']).is_some_and(|rest| rest.starts_with(['+', '-']));
    match digits(exponent, 2) {
        power if signed && power > 0 => length + 2 + power,
        _ => length,
    }
}

/// Where the quote is that ends a text. A NUL ends the search, as it ends Falco's.
fn closing_quote(inner: &str, delimiter: char, dialect: Dialect) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in inner.char_indices() {
        match character {
            '\0' => return None,
            _ if character == delimiter && !escaped => return Some(at),
            '\\' => escaped = dialect == Dialect::Falco || !escaped,
            _ => escaped = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(text: &str) -> Cursor<'_> {
        Cursor::new(text, Dialect::Saker)
    }

    #[test]
    fn numbers_are_taken_as_far_as_they_go() {
        for (text, token) in [
            ("0x1Fg", Some("0x1F")),
            ("0xg", Some("0")),
            ("-12.5e+3z", Some("-12.5e+3")),
            ("12e3", Some("12")),
            ("1.", Some("1.")),
            ("+", None),
            ("x", None),
        ] {
            assert_eq!(cursor(text).number(), token, "{text}");
        }
    }

    #[test]
    fn a_field_name_has_a_dot_and_ends_with_a_letter_led_segment() {
        assert_eq!(cursor("ka.uri.param[x]").field_name(), Some("ka.uri.param"));
        assert_eq!(cursor("ka.uri.1").field_name(), Some("ka.uri"));
        assert_eq!(cursor("ka.").field_name(), None);
        assert_eq!(cursor("ka").field_name(), None);
        assert_eq!(cursor("_ka.b").field_name(), None);
    }

    #[test]
    fn only_the_documented_dialect_lets_a_text_end_in_a_backslash() {
        let text = r#""a\\" b""#;
        assert_eq!(cursor(text).quoted().unwrap().as_deref(), Some(r"a\"));
        assert_eq!(Cursor::new(text, Dialect::Falco).quoted().unwrap().as_deref(), Some(r#"a\" b"#));
    }

    #[test]
    fn an_open_text_is_no_token() {
        let mut open = cursor("\"abc");
        assert_eq!(open.quoted(), Ok(None));
        assert_eq!(open.at(), 0);
    }
}
