//! `%container.info` in outputs: an old word that Falco takes out, with a warning, whatever the rule's source.

use super::collection::Rule;
use super::resolution::{RuleStep, Stage};
use super::resolve::Resolver;
use super::sourced::Sourced;
use super::texts::Text;
use crate::diagnostic::{Code, Diagnostic};

const WORD: &str = "%container.info";

impl Resolver<'_> {
    /// The output of a rule without the word.
    pub(super) fn output(&mut self, position: usize, rule: &Rule) -> Text {
        let written = &rule.output;
        let mut kept = Sourced::default();
        let mut at = 0;
        for (start, word) in written.text().match_indices(WORD) {
            if at == 0 {
                let mut warning =
                    Diagnostic::new(Code::Deprecated, format!("`{WORD}` stands for nothing any more"));
                warning.span = written.span(start..start + word.len());
                let warning = warning.inside(&rule.heading.context).with_help("leave it out");
                self.find(Stage::Rule(position, RuleStep::Output), warning);
            }
            kept.push_part(written, at..start);
            at = start + word.len();
        }
        kept.push_part(written, at..written.len());
        self.texts.add(kept)
    }
}
