//! What a load depends on besides the files.

use crate::priority::Priority;
use crate::syntax::Dialect;

/// How many of the rules that match an event are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matching {
    /// The first.
    #[default]
    First,
    /// All of them.
    All,
}

/// How the time is written in outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeFormat {
    /// `14:09:12.581541000`, the field `evt.time`.
    #[default]
    Clock,
    /// `2018-10-25T14:09:12.581541000+0000`, the field `evt.time.iso8601`.
    Iso8601,
}

/// Turns rules on or off; later ones win.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// On or off.
    pub action: SelectionAction,
    /// Which rules.
    pub selector: Selector,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the configuration")]
pub enum SelectionAction {
    Enable,
    Disable,
}

/// Which rules a selection means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// Those whose name matches; `*` stands for any text.
    Rule(String),
    /// Those that carry the tag.
    Tag(String),
}

/// Text and fields added to the output of some rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppendOutput {
    /// Only rules of this source.
    pub source: Option<String>,
    /// Only rules that carry all of these.
    pub tags: Vec<String>,
    /// Only the rule of this name.
    pub rule: Option<String>,
    /// Added to the output behind a space.
    pub extra_output: Option<String>,
    /// Added to the fields.
    pub extra_fields: Vec<ExtraField>,
}

/// A field added to a rule's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtraField {
    /// A field under its own name.
    Plain(String),
    /// A text made from a template.
    Formatted {
        /// Its name in the alert.
        key: String,
        /// The template.
        format: String,
    },
}

/// What a load depends on besides the files.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How many matching rules are reported.
    pub matching: Matching,
    /// Whether everything means what it means to Falco 0.44.1, its known defects included.
    pub falco_exact: bool,
    /// Rules less grave than this are checked and left out.
    pub minimum_priority: Priority,
    /// Applied in order to what the files say.
    pub selections: Vec<Selection>,
    /// Applied in order.
    pub append_output: Vec<AppendOutput>,
    /// How the time is written in outputs.
    pub time_format: TimeFormat,
}

impl Options {
    /// The dialect that conditions are read in.
    pub fn dialect(&self) -> Dialect {
        if self.falco_exact { Dialect::Falco } else { Dialect::Saker }
    }
}
