//! POSIX regular expressions as RE2 reads them in its POSIX syntax, checked and translated for a linear-time engine.
//!
//! That syntax has no `\d`, `\b`, `(?…)` or lazy repetition; `^` and `$` are the ends of lines, `.` is anything but a
//! line feed, `[^a]` is a line feed too, and nothing repeats more than 1000 times.

mod class;
mod escape;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look, Repetition};

/// How often something may repeat, also by repetitions inside one another.
const MAX_REPEAT: u32 = 1000;
/// How deep parentheses may stand in one another.
const MAX_DEPTH: usize = 1000;

/// Why a text is no regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    #[error("invalid escape sequence `{0}`")]
    Escape(String),
    #[error("`{0}` repeats nothing")]
    RepeatsNothing(String),
    #[error("`{0}` repeats more than 1000 times or backwards")]
    RepeatSize(String),
    #[error("`)` is missing")]
    MissingParenthesis,
    #[error("`)` closes nothing")]
    UnexpectedParenthesis,
    #[error("`]` is missing")]
    MissingBracket,
    #[error("`{0}` is no range of characters")]
    Range(String),
    #[error("parentheses are nested too deeply")]
    TooDeep,
    #[error("the expression is too large")]
    TooLarge,
}

/// Reads `pattern`.
pub(super) fn parse(pattern: &str) -> Result<Hir, RegexError> {
    let mut parser = Parser { rest: pattern, groups: vec![Group::default()] };
    while let Some(next) = parser.rest.chars().next() {
        parser.token(next)?;
    }
    let last = parser.groups.pop().ok_or(RegexError::UnexpectedParenthesis)?;
    if parser.groups.is_empty() { Ok(last.close().hir) } else { Err(RegexError::MissingParenthesis) }
}

struct Parser<'a> {
    rest: &'a str,
    /// Open groups, the innermost last.
    groups: Vec<Group>,
}

/// What stands in a pair of parentheses.
#[derive(Default)]
struct Group {
    branches: Vec<Item>,
    branch: Vec<Item>,
}

/// A part of an expression, and how often it may repeat something inside it.
struct Item {
    hir: Hir,
    repeats: u32,
}

impl Item {
    fn single(hir: Hir) -> Self {
        Self { hir, repeats: 1 }
    }
}

impl Group {
    fn end_branch(&mut self) {
        let parts = std::mem::take(&mut self.branch);
        self.branches.push(joined(parts, Hir::concat));
    }

    fn close(mut self) -> Item {
        self.end_branch();
        joined(self.branches, Hir::alternation)
    }
}

fn joined(items: Vec<Item>, join: fn(Vec<Hir>) -> Hir) -> Item {
    let repeats = items.iter().map(|item| item.repeats).max().unwrap_or(1);
    Item { hir: join(items.into_iter().map(|item| item.hir).collect()), repeats }
}

impl Parser<'_> {
    fn token(&mut self, next: char) -> Result<(), RegexError> {
        match next {
            '(' => self.open()?,
            ')' => self.close()?,
            '|' => {
                self.skip(1);
                self.group().end_branch();
            }
            '*' | '+' | '?' | '{' => self.repetition(next)?,
            '^' => self.push_look(Look::StartLF),
            '$' => self.push_look(Look::EndLF),
            '.' => {
                self.skip(1);
                self.push(Hir::dot(Dot::AnyCharExceptLF));
            }
            '[' => {
                let class;
                (class, self.rest) = class::parse(self.rest)?;
                self.push(Hir::class(Class::Unicode(class)));
            }
            '\\' => {
                let literal;
                (literal, self.rest) = escape::parse(self.rest)?;
                self.push(character(literal));
            }
            _ => {
                self.skip(next.len_utf8());
                self.push(character(next));
            }
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), RegexError> {
        if self.groups.len() > MAX_DEPTH {
            return Err(RegexError::TooDeep);
        }
        self.skip(1);
        self.groups.push(Group::default());
        Ok(())
    }

    fn close(&mut self) -> Result<(), RegexError> {
        if self.groups.len() < 2 {
            return Err(RegexError::UnexpectedParenthesis);
        }
        self.skip(1);
        let item = self.groups.pop().map(Group::close);
        self.group().branch.extend(item);
        Ok(())
    }

    fn repetition(&mut self, sign: char) -> Result<(), RegexError> {
        let (min, max, len) = match sign {
            '*' => (0, None, 1),
            '+' => (1, None, 1),
            '?' => (0, Some(1), 1),
            _ => match counts(self.rest) {
                Some(counts) => counts,
                None => {
                    self.skip(1);
                    self.push(character('{'));
                    return Ok(());
                }
            },
        };
        let written = self.rest.get(..len).unwrap_or_default().to_owned();
        self.skip(len);
        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || max < min) {
            return Err(RegexError::RepeatSize(written));
        }
        let Some(item) = self.group().branch.pop() else { return Err(RegexError::RepeatsNothing(written)) };
        let times = if sign == '{' { max.unwrap_or(min).max(1) } else { 1 };
        let repeats = item.repeats.saturating_mul(times);
        if repeats > MAX_REPEAT && times > 1 {
            return Err(RegexError::RepeatSize(written));
        }
        let hir = Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(item.hir) });
        self.group().branch.push(Item { hir, repeats });
        Ok(())
    }

    fn push_look(&mut self, look: Look) {
        self.skip(1);
        self.push(Hir::look(look));
    }

    fn push(&mut self, hir: Hir) {
        self.group().branch.push(Item::single(hir));
    }

    fn skip(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default();
    }

    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "there is one, see above")]
        &mut self.groups[last]
    }
}

/// `{2}`, `{2,}` or `{2,5}` at the start of `text`: least, most, length. Anything else is a brace like any other
/// character.
fn counts(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let inside = text.strip_prefix('{')?;
    let (inside, _) = inside.split_once('}')?;
    let len = inside.len() + 2;
    let (min, max) = match inside.split_once(',') {
        None => (count(inside)?, Some(count(inside)?)),
        Some((min, "")) => (count(min)?, None),
        Some((min, max)) => (count(min)?, Some(count(max)?)),
    };
    Some((min, max, len))
}

/// A number without a leading zero.
fn count(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    Some(text.parse().unwrap_or(u32::MAX))
}

fn character(character: char) -> Hir {
    let range = ClassUnicodeRange::new(character, character);
    Hir::class(Class::Unicode(ClassUnicode::new([range])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_posix_syntax() {
        for pattern in [
            "",
            "a",
            "(a|b)*",
            "a**",
            "a{2}{3}",
            "a{,3}",
            "a{x",
            "{",
            "a{02}",
            "()",
            "a|",
            "|",
            "^*",
            "[]a]",
            "[^]a]",
            "[a-]",
            "[-a]",
            "[[:alpha:]_]",
            "[[:^digit:]]",
            "\\.",
            "\\-",
            "\\n",
            "\\x41",
            "\\x{1F600}",
            "\\012",
            "\\0",
            "[\\]]",
            "a{1000}",
            "]",
            "}",
            "\\[",
            "[[:x]",
            "a*?",
            "[a\\-z]",
        ] {
            assert!(parse(pattern).is_ok(), "{pattern}: {:?}", parse(pattern));
        }
    }

    #[test]
    fn refuses_everything_else() {
        for pattern in [
            "(?i)a",
            "(?:a)",
            "*",
            "+a",
            "a|*",
            "(*)",
            "\\d",
            "\\w",
            "\\b",
            "\\A",
            "\\Q",
            "\\pL",
            "\\1",
            "\\8",
            "\\_",
            "\\",
            "(",
            ")",
            "(a",
            "a)",
            "[",
            "[a",
            "[]",
            "[z-a]",
            "[a-c-e]",
            "[[:nope:]]",
            "a{1001}",
            "a{2,1}",
            "(a{100}){100}",
            "\\x4",
            "\\x{}",
            "\\x{110000}",
            "{2}",
            "[\\d]",
            "\\\u{e9}",
        ] {
            assert!(parse(pattern).is_err(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(pattern in ".{0,40}", near in "[\\[\\](){}|*+?^$.\\\\a-c0-9:,x-]{0,40}") {
            let _ = parse(&pattern);
            let _ = parse(&near);
        }
    }
}
