//! A file of examples, read with all of its mistakes at once.

use std::collections::HashSet;
use std::rc::Rc;

use super::events::BaseEvents;
use super::example::{Example, ExampleFile};
use super::json::entries;
use super::mistake::mistake;
use crate::diagnostic::Diagnostic;
use crate::nearest::closest;
use crate::source::{SourceFile, Span};
use crate::yaml::{self, Node};

/// Mistakes told of one file; who has more begins with these.
const MOST_MISTAKES: usize = 50;

/// What a file of examples may refer to.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// Events by name.
    pub events: &'a BaseEvents,
    /// The text of another file, by its path as it stands in this one; or why there is none.
    pub open: &'a dyn Fn(&str) -> Result<String, String>,
}

/// Reads a file of examples: a list of them, or a mapping of `rules`, `events` and `examples`.
#[must_use]
pub fn read(file: &SourceFile, given: Given<'_>) -> ExampleFile {
    let mut reader = Reader {
        file,
        open: given.open,
        events: given.events.clone(),
        mistakes: Vec::new(),
        lost: Vec::new(),
    };
    let (mut rules, mut examples) = (Vec::new(), Vec::new());
    match yaml::parse(&file.text, 0) {
        Ok(documents) => reader.documents(&documents, &mut rules, &mut examples),
        Err(error) => {
            let wrong = mistake(format!("this is no YAML: {}", error.message), error.span);
            // What else the help says is about files of rules.
            let is_json = file.text.starts_with('{');
            let help = "each line of an audit log goes behind an `event` of its own: `event: '{…}'`";
            reader.tell(if is_json { wrong.with_help(help) } else { wrong });
        }
    }
    let Reader { mistakes, lost, .. } = reader;
    ExampleFile { file: file.clone(), rules, examples, mistakes: in_order(mistakes), lost }
}

/// Each once: an alias brings the mistakes of what it stands for up again.
fn in_order(mut mistakes: Vec<Diagnostic>) -> Vec<Diagnostic> {
    mistakes.sort_by_key(|mistake| mistake.span);
    let mut seen = HashSet::new();
    mistakes.retain(|mistake| seen.insert((mistake.span, mistake.message.clone())));
    mistakes.truncate(MOST_MISTAKES);
    mistakes
}

pub(super) struct Reader<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) open: &'a dyn Fn(&str) -> Result<String, String>,
    pub(super) events: BaseEvents,
    pub(super) mistakes: Vec<Diagnostic>,
    pub(super) lost: Vec<(String, Span)>,
}

impl Reader<'_> {
    pub(super) fn tell(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
    }

    fn documents(&mut self, documents: &[Rc<Node>], rules: &mut Vec<String>, examples: &mut Vec<Example>) {
        let mut documents = documents.iter().filter(|document| !document.is_null());
        let Some(first) = documents.next() else {
            return self.tell(no_examples(Span::of_file(0)));
        };
        if let Some(second) = documents.next() {
            let at = start(second.span);
            self.tell(mistake("a file of examples is one document, this starts another", at));
        }
        if first.sequence().is_some() {
            self.examples(first, examples);
        } else if first.mapping().is_some() {
            self.parts(first, rules, examples);
        } else {
            let message = format!("a file of examples is a list of them, this is {}", first.describe());
            self.tell(mistake(message, start(first.span)).with_help("each starts with a dash: `- rule: …`"));
        }
    }

    fn parts(&mut self, document: &Node, rules: &mut Vec<String>, examples: &mut Vec<Example>) {
        let parts = self.known(document, &["rules", "events", "examples"]);
        for (key, node) in &parts {
            match *key {
                "rules" => self.rules(node, rules),
                "events" => self.events = self.events.and(node, &mut self.mistakes),
                _ => {}
            }
        }
        match parts.iter().find(|(key, _)| *key == "examples") {
            Some((_, node)) => self.examples(node, examples),
            // Where a key is wrong it was probably this one.
            None if self.mistakes.is_empty() => self.tell(no_examples(start(document.span))),
            None => {}
        }
    }

    fn rules(&mut self, node: &Node, rules: &mut Vec<String>) {
        let items = node.sequence().unwrap_or_default();
        let texts = items.iter().map(|item| item.scalar()).chain(std::iter::once(node.scalar()));
        rules.extend(texts.flatten().map(|scalar| scalar.text.clone()));
        if rules.is_empty() || (node.sequence().is_some() && rules.len() < items.len()) {
            let wrong = mistake("`rules` is a list of files of rules", node.span);
            self.tell(wrong.with_help("`rules: [builtin, mine.yaml]`; paths are relative to this file"));
        }
    }

    fn examples(&mut self, list: &Node, examples: &mut Vec<Example>) {
        let Some(items) = list.sequence() else {
            let message = format!("`examples` is a list of them, this is {}", list.describe());
            return self.tell(mistake(message, list.span).with_help("each starts with a dash: `- rule: …`"));
        };
        if items.is_empty() {
            self.tell(no_examples(list.span));
        }
        if items.iter().any(|item| is_of_rules(item)) {
            let stem = self.file.name.trim_end_matches(".yaml").trim_end_matches(".yml");
            let wrong = mistake("these are rules, not examples", start(list.span));
            return self.tell(wrong.with_help(format!(
                "their examples belong into a file beside them, {stem}.test.yaml, and that is what is tested; \
                 rules to load each follow a --rules of their own"
            )));
        }
        for item in items {
            if self.mistakes.len() >= MOST_MISTAKES {
                return;
            }
            examples.extend(self.example(item));
        }
    }

    /// The entries of a mapping, all but those with keys that mean nothing here.
    pub(super) fn known<'n>(&mut self, node: &'n Node, known: &[&str]) -> Vec<(&'n str, &'n Node)> {
        let mut entries = entries(node, &mut self.mistakes);
        entries.retain(|(key, _)| {
            let is_known = known.contains(key);
            if !is_known && self.mistakes.len() < MOST_MISTAKES {
                let span = node.key_span(key).unwrap_or(node.span);
                let help = match closest(key, known.iter().copied()) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("keys are {}", known.join(", ")),
                };
                self.tell(mistake(format!("unknown key `{key}`"), span).with_help(help));
            }
            is_known
        });
        entries
    }
}

fn no_examples(span: Span) -> Diagnostic {
    mistake("there are no examples in this file", span).with_help(
        "the smallest is `- {rule: NAME, must: match, event: exec}`; `saker test --base-events` lists events",
    )
}

/// Whether an item is a rule, a macro or a list rather than an example.
fn is_of_rules(item: &Node) -> bool {
    let has = |key| item.get(key).is_some();
    let is_item = has("macro") || has("list") || (has("rule") && has("condition"));
    is_item && !has("must")
}

/// The first character of a part.
pub(super) fn start(span: Span) -> Span {
    Span { end: span.start, ..span }
}
