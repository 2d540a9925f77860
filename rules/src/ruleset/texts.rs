//! Every condition and output of a ruleset, end to end in one space: a place in that space says both which text is
//! meant and where in it, even after macros have been put into one another.

use crate::syntax::ast::Place;

/// One text in the space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Where it starts in the space.
    pub base: usize,
    /// As it is parsed: exceptions and lists put in.
    pub text: String,
}

impl Text {
    /// Where it lies in the space.
    pub fn place(&self) -> Place {
        self.base..self.base + self.text.len()
    }
}
