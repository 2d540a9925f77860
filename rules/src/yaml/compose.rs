//! From the parser's events to trees.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::explain::{Explained, explain};
use super::node::{Kind, Node, Scalar, Style};
use crate::source::Span;

/// Sequences and mappings that may stand inside one another.
const MAX_DEPTH: usize = 64;
/// Nodes of a file, each alias counting as much as what it stands for, and a long text as much as several.
const MAX_NODES: usize = 1_000_000;
/// How much of a text counts as a node.
const TEXT_PER_NODE: usize = 64;

/// A text that is no YAML, or YAML beyond measure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub(crate) message: String,
    pub(crate) span: Span,
    /// What to do about it.
    pub(crate) help: Option<&'static str>,
}

/// The documents of a file.
pub(crate) fn parse(text: &str, file: usize) -> Result<Vec<Rc<Node>>, YamlError> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let offsets = Offsets { text: body, base: text.len() - body.len(), chars: char_starts(body), file };
    let mut composer = Composer { offsets, ..Composer::default() };
    for event in Parser::new_from_str(body) {
        let (event, span) = event.map_err(|error| composer.scan_error(&error))?;
        let span = composer.offsets.span(span);
        composer.event(event, span)?;
    }
    Ok(composer.documents)
}

/// Where each character starts, unless every character is one byte.
fn char_starts(text: &str) -> Vec<usize> {
    if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() }
}

/// The parser counts characters, we count bytes.
#[derive(Debug, Default)]
struct Offsets<'a> {
    text: &'a str,
    /// What stands before the text in its file: a byte order mark.
    base: usize,
    chars: Vec<usize>,
    file: usize,
}

impl Offsets<'_> {
    fn byte(&self, index: usize) -> usize {
        let at =
            if self.chars.is_empty() { index } else { self.chars.get(index).copied().unwrap_or(usize::MAX) };
        self.base + at.min(self.text.len())
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        Span { file: self.file, start, end: self.byte(span.end.index()).max(start) }
    }
}

#[derive(Debug, Default)]
struct Composer<'a> {
    offsets: Offsets<'a>,
    documents: Vec<Rc<Node>>,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    nodes: usize,
}

/// A sequence or mapping that has not ended.
#[derive(Debug)]
struct Open {
    anchor: usize,
    start: Span,
    size: usize,
    children: Children,
}

#[derive(Debug)]
enum Children {
    Sequence(Vec<Rc<Node>>),
    Mapping { pairs: Vec<(Rc<Node>, Rc<Node>)>, key: Option<Rc<Node>> },
}

impl Composer<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let size = 1 + value.len() / TEXT_PER_NODE;
                let kind = scalar(value.into_owned(), style, tag.as_deref());
                self.finish(anchor, Node { kind, span, size })
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, span, Children::Sequence(Vec::new())),
            Event::MappingStart(anchor, _) => {
                self.begin(anchor, span, Children::Mapping { pairs: Vec::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, anchor: usize, start: Span, children: Children) -> Result<(), YamlError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(error(format!("nested more than {MAX_DEPTH} levels deep"), start));
        }
        self.open.push(Open { anchor, start, size: 1, children });
        Ok(())
    }

    fn end(&mut self, end: Span) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let kind = match open.children {
            Children::Sequence(items) => Kind::Sequence(items),
            Children::Mapping { pairs, .. } => Kind::Mapping(pairs),
        };
        let span = Span { end: end.end.max(open.start.end), ..open.start };
        self.finish(open.anchor, Node { kind, span, size: open.size })
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), YamlError> {
        match self.anchors.get(&anchor) {
            Some(node) => self.add(Rc::clone(node)),
            None => Err(error("an alias may not stand inside what it stands for".to_owned(), span)),
        }
    }

    fn finish(&mut self, anchor: usize, node: Node) -> Result<(), YamlError> {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.add(node)
    }

    fn add(&mut self, node: Rc<Node>) -> Result<(), YamlError> {
        // What is inside a sequence or mapping was counted there; aliases bring in all of theirs.
        let size = self.open.last().map_or(self.nodes, |open| open.size) + node.size;
        if size > MAX_NODES {
            return Err(error(format!("more than {MAX_NODES} values, aliases followed"), node.span));
        }
        let Some(open) = self.open.last_mut() else {
            self.nodes = size;
            self.documents.push(node);
            return Ok(());
        };
        open.size = size;
        match &mut open.children {
            Children::Sequence(items) => items.push(node),
            Children::Mapping { pairs, key } => match key.take() {
                Some(key) => pairs.push((key, node)),
                None => *key = Some(node),
            },
        }
        Ok(())
    }

    fn scan_error(&self, scan: &ScanError) -> YamlError {
        let Offsets { text, base, file, .. } = self.offsets;
        let at = self.offsets.byte(scan.marker().index()) - base;
        let Explained { message, place, help } = explain(scan.info(), text, at);
        let span = Span { file, start: base + place.start, end: base + place.end };
        YamlError { message, span, help }
    }
}

fn error(message: String, span: Span) -> YamlError {
    YamlError { message, span, help: None }
}

fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Kind {
    let is_null = matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
    let style = match style {
        ScalarStyle::Plain if is_null && tag.is_none() => return Kind::Null,
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    };
    Kind::Scalar(Scalar { text, style })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Rc<Node> {
        let mut documents = parse(text, 0).unwrap();
        assert_eq!(documents.len(), 1);
        documents.pop().unwrap()
    }

    #[test]
    fn null_is_plain_only() {
        for text in ["a: ", "a: ~", "a: null", "a: NULL", "a: Null"] {
            assert!(one(text).get("a").unwrap().is_null(), "{text}");
        }
        for text in ["a: \"\"", "a: 'null'", "a: nULL", "a: !!str null"] {
            assert!(one(text).get("a").unwrap().scalar().is_some(), "{text}");
        }
    }

    #[test]
    fn of_equal_keys_the_first_counts() {
        assert_eq!(one("{a: 1, a: 2}").get("a").unwrap().scalar().unwrap().text, "1");
    }

    #[test]
    fn several_documents_and_none() {
        assert_eq!(parse("- a\n---\n- b\n", 0).unwrap().len(), 2);
        assert!(parse("", 0).unwrap().iter().all(|document| document.is_null()));
        assert!(parse("# a remark\n", 0).unwrap().iter().all(|document| document.is_null()));
    }

    #[test]
    fn aliases_share_and_are_bounded() {
        let document = one("[&x {a: 1}, *x]");
        assert_eq!(
            document.sequence().unwrap().get(1).unwrap().get("a").unwrap().scalar().unwrap().text,
            "1"
        );
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let inner = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
        }
        assert!(parse(&bomb, 0).unwrap_err().message.contains("aliases"));
        assert!(parse("&a [*a]", 0).is_err());
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), ["*a"; 1000].join(", "));
        assert!(parse(&long, 0).unwrap_err().message.contains("aliases"));
    }

    #[test]
    fn depth_is_bounded() {
        assert!(parse(&"[".repeat(100), 0).unwrap_err().message.contains("deep"));
        assert!(parse(&"[".repeat(100_000), 0).is_err());
    }

    #[test]
    fn spans_are_bytes_also_behind_other_scripts_and_a_mark() {
        let text = "\u{feff}ü: [ö, abc]";
        let span = one(text).get("ü").unwrap().sequence().unwrap().get(1).unwrap().span;
        assert_eq!(text.get(span.start..span.end), Some("abc"));
    }

    #[test]
    fn errors_say_where() {
        let error = parse("- a: [1\n- b\n", 3).unwrap_err();
        assert_eq!(error.span.file, 3);
        assert_eq!(error.span.start, 5, "{error:?}");
    }
}
