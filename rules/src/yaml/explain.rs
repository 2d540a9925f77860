//! Says of a text that is no YAML what the author did, not what the scanner was doing when it gave up. The mark of a
//! scanner is often behind the mistake: the line before it is looked at as well.

use std::ops::Range;

/// What is wrong, where, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Explained {
    pub(super) message: String,
    pub(super) place: Range<usize>,
    pub(super) help: Option<&'static str>,
}

const QUOTE: &str = "put the value in quotes: '…'";
const INDENT: &str = "the keys of an item start in the same column; text that goes on is indented further";
const COLON: &str = "write `key: value`, with a blank behind the colon; text that continues a value is indented further than its key";

/// What the scanner's `info` at byte `at` of `text` means.
pub(super) fn explain(info: &str, text: &str, at: usize) -> Explained {
    let source = Source { text, at: at.min(text.len()) };
    let guess = match info {
        "simple key expect ':'" | "simple key expected" => source.no_colon(),
        "mapping values are not allowed in this context" => Some(source.stray_colon()),
        "found unprintable character" => source.unprintable(),
        "while parsing node, found unknown anchor" => Some(source.here(
            "this refers to an anchor that does not exist",
            "a value that starts with `*` needs quotes",
        )),
        "did not find expected <document start>" => Some(source.here(
            "something stands behind the end of the document",
            "items are `- rule: …`, one below the other; JSON lines are events, not rules",
        )),
        "recursion limit exceeded" => Some(source.here("nested too deeply", "no rule needs this")),
        _ if info.contains("tab") => source.tab(),
        _ if info.starts_with("unexpected character") || info.contains("anchor or alias") => {
            source.reserved()
        }
        _ if info.contains("trailing content after") => Some(source.here(
            "something stands behind the closing quote",
            "put quotes around the whole value: '\"a\" and b', or write it below a `>`",
        )),
        _ if info.contains("quoted scalar") && !info.contains("escape") => source.open_quote(),
        _ if info.contains("unknown escape") => Some(source.here(
            "this escape does not exist in double quotes",
            "write `\\\\` for a backslash, or use single quotes, in which it stands for itself",
        )),
        _ if info.contains("flow") || info.contains("':' indicator") || info == "unexpected eof" => {
            source.open_bracket()
        }
        _ if info.contains("'-' indicator") || info.contains("indent") || info.contains("block") => {
            Some(source.here("this line is indented neither like the one above it nor like its key", INDENT))
        }
        _ => None,
    };
    guess.unwrap_or_else(|| Explained { message: info.to_owned(), place: source.point(), help: None })
}

struct Source<'a> {
    text: &'a str,
    at: usize,
}

impl Source<'_> {
    fn point(&self) -> Range<usize> {
        self.at..self.at
    }

    fn here(&self, message: &str, help: &'static str) -> Explained {
        Explained { message: message.to_owned(), place: self.point(), help: Some(help) }
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// The line that byte `at` is in, without blanks around it.
    fn line(&self, at: usize) -> Range<usize> {
        let start = self.slice(0..at).rfind('\n').map_or(0, |newline| newline + 1);
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let indent = line.len() - line.trim_start().len();
        start + indent..start + line.trim_end().len().max(indent)
    }

    /// The last line above this one that says anything.
    fn line_above(&self) -> Range<usize> {
        let start = self.slice(0..self.at).rfind('\n').unwrap_or(0);
        self.line(self.slice(0..start).trim_end().len())
    }

    /// A line without a colon where a key should be.
    fn no_colon(&self) -> Option<Explained> {
        let (above, here) = (self.line_above(), self.line(self.at));
        let lacks = |line: &Range<usize>| !line.is_empty() && !has_key(self.slice(line.clone()));
        let place = [above, here].into_iter().find(lacks)?;
        let message = format!("`{}` is no key with a value", brief(self.slice(place.clone())));
        Some(Explained { message, place, help: Some(COLON) })
    }

    /// A colon where no key can be.
    fn stray_colon(&self) -> Explained {
        let (above, line) = (self.line_above(), self.line(self.at));
        let before = self.slice(line.start..self.at);
        if let Some(colon) = before.find(": ") {
            let value = line.start + colon + 2;
            return Explained {
                message: "a value that contains a colon and a blank needs quotes".to_owned(),
                place: value..line.end,
                help: Some(QUOTE),
            };
        }
        let previous = self.slice(above.clone());
        let is_dash = previous.starts_with('-') && !previous.starts_with("- ") && previous != "-";
        let (message, place, help) = match previous {
            _ if is_dash => (
                "a blank is missing behind the dash",
                above,
                "write `- rule: …`, with a blank behind the dash",
            ),
            previous if !previous.is_empty() && !has_key(previous) => {
                ("a colon is missing behind the key", above, COLON)
            }
            _ => ("this key is indented neither like the ones above it nor like an item", line, INDENT),
        };
        Explained { message: message.to_owned(), place, help: Some(help) }
    }

    /// The first tab in the indentation of a line from here on.
    fn tab(&self) -> Option<Explained> {
        let mut start = self.slice(0..self.at).rfind('\n').map_or(0, |newline| newline + 1);
        for line in self.text.get(start..)?.split('\n') {
            let indent = line.len() - line.trim_start().len();
            if let Some(tab) = line.get(..indent).and_then(|indent| indent.find('\t')) {
                return Some(Explained {
                    message: "a tab where YAML wants blanks".to_owned(),
                    place: start + tab..start + tab + 1,
                    help: Some("indent with blanks only; most editors can convert tabs"),
                });
            }
            start += line.len() + 1;
        }
        None
    }

    /// A value that starts with a character that means something else to YAML.
    fn reserved(&self) -> Option<Explained> {
        let character = self.text.get(self.at..)?.chars().next()?;
        Some(Explained {
            message: format!("a value that starts with `{character}` needs quotes"),
            place: self.at..self.at + character.len_utf8(),
            help: Some(QUOTE),
        })
    }

    fn unprintable(&self) -> Option<Explained> {
        let character = self.text.get(self.at..)?.chars().next()?;
        Some(Explained {
            message: format!("it contains the character U+{:04X}", u32::from(character)),
            place: self.at..self.at + character.len_utf8(),
            help: Some("a rules file is a text in UTF-8; is this one?"),
        })
    }

    fn open_quote(&self) -> Option<Explained> {
        let quote = self.text.get(self.at..)?.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Some(Explained {
            message: format!("this `{quote}` is not closed before the indentation ends"),
            place: self.at..self.line(self.at).end.max(self.at + 1),
            help: Some("close the quote on its line, or indent the lines that the value goes on in"),
        })
    }

    /// The innermost bracket before here that nothing closes.
    fn open_bracket(&self) -> Option<Explained> {
        let mut open = Vec::new();
        for (at, character) in self.slice(0..self.at).char_indices() {
            match character {
                '[' | '{' => open.push((at, character)),
                ']' | '}' => drop(open.pop()),
                _ => {}
            }
        }
        let (at, bracket) = open.pop()?;
        let closing = if bracket == '[' { ']' } else { '}' };
        Some(Explained {
            message: format!("this `{bracket}` has no `{closing}`"),
            place: at..at + 1,
            help: Some(
                "close it, with commas between the values; a value that contains brackets needs quotes",
            ),
        })
    }
}

/// Whether a line starts with a key, an item or a remark.
fn has_key(line: &str) -> bool {
    let line = line.strip_prefix("- ").unwrap_or(line);
    line.contains(": ") || line.ends_with(':') || line.starts_with('#')
}

fn brief(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    /// What is wrong with a text, and what it is wrong with.
    fn wrong(text: &str) -> (String, &str) {
        let error = parse(text, 0).unwrap_err();
        (error.message, text.get(error.span.start..error.span.end).unwrap())
    }

    fn is(text: &str, message: &str, part: &str) {
        let (told, at) = wrong(text);
        assert_eq!((told.as_str(), at), (message, part), "{text}");
    }

    #[test]
    fn tabs() {
        is("- rule: A\n\tdesc: x\n", "a tab where YAML wants blanks", "\t");
        is("- m:\n    a: >\n      x\n\ty\n", "a tab where YAML wants blanks", "\t");
    }

    #[test]
    fn colons() {
        is("- rule: A\n  desc x\n  b: c\n", "`desc x` is no key with a value", "desc x");
        is("- rule: A\n  b: >\n  some text\n  c: d\n", "`some text` is no key with a value", "some text");
        is("- rule A\n  desc: x\n", "a colon is missing behind the key", "- rule A");
        is("-rule: A\n  desc: x\n", "a blank is missing behind the dash", "-rule: A");
        let message = "a value that contains a colon and a blank needs quotes";
        is("- desc: this: that\n", message, "this: that");
        let message = "this key is indented neither like the ones above it nor like an item";
        is("- rule: A\n  desc: x\n   b: c\n", message, "b: c");
    }

    #[test]
    fn quotes_and_brackets() {
        is("- a: \"b\n  c: d\n", "this `\"` is not closed before the indentation ends", "\"b");
        is("- a: [b, c\n", "this `[` has no `]`", "[");
        is("- a: [b, c\n- d: e\n", "this `[` has no `]`", "[");
        is("- a: {b: [c], d\n- e: f\n", "this `{` has no `}`", "{");
        is("- a: %b\n", "a value that starts with `%` needs quotes", "%");
        is("- a: [*, b]\n", "a value that starts with `*` needs quotes", "*");
        is("- a: \"b\" and c\n", "something stands behind the closing quote", "");
    }

    #[test]
    fn texts_that_are_none() {
        is("- a: \0\n", "it contains the character U+0000", "\0");
        assert_eq!(wrong("{\"a\": 1}\n{\"b\": 2}\n").0, "something stands behind the end of the document");
    }

    #[test]
    fn spans_count_from_the_file_and_not_from_the_mark_at_its_start() {
        is("\u{feff}- ü: %b\n", "a value that starts with `%` needs quotes", "%");
    }

    proptest::proptest! {
        #[test]
        fn every_place_is_in_the_text(text in "[-: \\n\\ta\"'\\[\\]{},%*&>|ü\\r]{0,40}") {
            if let Err(error) = parse(&text, 0) {
                proptest::prop_assert!(text.get(error.span.start..error.span.end).is_some(), "{error:?}");
            }
        }
    }
}
