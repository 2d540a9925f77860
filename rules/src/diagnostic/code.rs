//! Every kind of problem a ruleset can have: a number that never changes meaning, and the code Falco has for it.

use super::Severity;

const STRUCTURE: &str = "LOAD_ERR_YAML_VALIDATE";
const OBJECT: &str = "LOAD_ERR_VALIDATE";
const CONDITION: &str = "LOAD_ERR_COMPILE_CONDITION";
const OUTPUT: &str = "LOAD_ERR_COMPILE_OUTPUT";

/// Declares the codes: name, number, severity, Falco's code.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $id:literal, $severity:ident, $falco:expr;)*) => {
        /// A kind of problem. Numbers are never used again.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable number, `R013`.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// Whether it stops a ruleset from loading.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)*
                }
            }

            /// Falco's code, if it has one.
            pub fn falco(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => $falco,)*
                }
            }

            /// What it means, with an example, as Markdown: the page in `docs/codes`.
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../../../docs/codes/", $id, ".md")),)*
                }
            }
        }
    };
}

impl Code {
    /// The code of that number, in any case.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
    }

    /// What it means in a few words: the title of its page.
    pub fn title(self) -> &'static str {
        let title = self.page().lines().next().unwrap_or_default();
        title.split_once(": ").map_or(title, |(_, title)| title)
    }
}

codes! {
    /// The file is no YAML.
    YamlSyntax, "R001", Error, Some("LOAD_ERR_YAML_PARSE");
    /// The file is YAML but no sequence of items.
    NotRules, "R002", Error, Some(STRUCTURE);
    /// An item lacks a key.
    MissingKey, "R003", Error, Some(STRUCTURE);
    /// A value is empty or of the wrong type.
    BadValue, "R004", Error, Some(STRUCTURE);
    /// A word that is no priority.
    UnknownPriority, "R005", Error, Some(STRUCTURE);
    /// `override` says something that cannot be done.
    BadOverride, "R006", Error, Some(STRUCTURE);
    /// The required engine version is no version.
    BadEngineVersion, "R007", Error, Some(STRUCTURE);
    /// `override` is a list, or has one inside. Falco does not expect that, and has no better code for it.
    OverrideShape, "R008", Error, Some(OBJECT);
    /// A newer engine is required.
    EngineTooOld, "R010", Error, Some(OBJECT);
    /// A required plugin version is no version, or asked twice.
    BadPluginVersion, "R011", Error, Some(OBJECT);
    /// A required plugin is not here. Falco has no code for it: it refuses to start.
    PluginNotSatisfied, "R012", Error, None;
    /// A macro is used that is not defined, or not yet.
    UndefinedMacro, "R013", Error, Some(OBJECT);
    /// A macro uses itself.
    MacroLoop, "R014", Error, Some(OBJECT);
    /// An append, override or switch of something that does not exist.
    NothingToChange, "R015", Error, Some(OBJECT);
    /// An append that appends nothing.
    EmptyAppend, "R016", Error, Some(OBJECT);
    /// A rule is defined again for another source.
    SourceChanged, "R017", Error, Some(OBJECT);
    /// An exception that makes no sense.
    BadException, "R018", Error, Some(OBJECT);
    /// A condition that grows without measure.
    TooLarge, "R019", Error, Some(CONDITION);
    /// A text that is no condition.
    ConditionSyntax, "R020", Error, Some(CONDITION);
    /// A field that does not exist.
    UnknownField, "R021", Error, Some(CONDITION);
    /// A field argument that is missing, superfluous or malformed.
    FieldArgument, "R022", Error, Some(CONDITION);
    /// An operator that the left side does not have.
    OperatorNotSupported, "R023", Error, Some(CONDITION);
    /// A constant that cannot be compared with.
    BadConstant, "R024", Error, Some(CONDITION);
    /// A pattern that is none.
    BadPattern, "R025", Error, Some(CONDITION);
    /// A transformer applied to what it does not take.
    BadTransformer, "R026", Error, Some(CONDITION);
    /// Two sides of different types.
    TypeMismatch, "R027", Error, Some(CONDITION);
    /// An output template that is malformed.
    OutputSyntax, "R030", Error, Some(OUTPUT);
    /// An output template names no field.
    UnknownOutputField, "R031", Error, Some(OUTPUT);
    /// A file of examples that says something that makes no sense. Falco has no such files.
    BadExample, "R040", Error, None;
    /// A rule for events that are not audit events.
    UnknownSource, "R101", Warning, Some("LOAD_UNKNOWN_SOURCE");
    /// A comparison with `<NA>`.
    UnsafeNaCheck, "R102", Warning, Some("LOAD_UNSAFE_NA_CHECK");
    /// A rule is left out since it names an unknown field and allows for that.
    SkippedUnknownField, "R103", Warning, Some("LOAD_UNKNOWN_FILTER");
    /// A macro that nothing uses.
    UnusedMacro, "R104", Warning, Some("LOAD_UNUSED_MACRO");
    /// A list that nothing uses.
    UnusedList, "R105", Warning, Some("LOAD_UNUSED_LIST");
    /// An item of no known kind.
    UnknownItem, "R106", Warning, Some("LOAD_UNKNOWN_ITEM");
    /// Something with a better successor.
    Deprecated, "R107", Warning, Some("LOAD_DEPRECATED_ITEM");
    /// An exception is appended without values.
    AppendNoValues, "R108", Warning, Some("LOAD_APPEND_NO_VALUES");
    /// Two exceptions of one name.
    ExceptionNameNotUnique, "R109", Warning, Some("LOAD_EXCEPTION_NAME_NOT_UNIQUE");
    /// A macro that cannot be used by its name.
    InvalidMacroName, "R110", Warning, Some("LOAD_INVALID_MACRO_NAME");
    /// A list that cannot be used by its name.
    InvalidListName, "R111", Warning, Some("LOAD_INVALID_LIST_NAME");
    /// A condition that was probably meant differently or can be simpler.
    Improvable, "R112", Warning, Some("LOAD_COMPILE_CONDITION");
    /// A key that means nothing.
    UnknownKey, "R113", Warning, Some("LOAD_UNKNOWN_KEY");
    /// A key given twice; the first counts.
    DuplicateKey, "R150", Warning, None;
    /// A list that is empty since its first element has a bad escape.
    EmptiedList, "R151", Warning, None;
    /// A key of an exception that means nothing.
    StrayKey, "R152", Warning, None;
    /// A comparison that is never true, or always.
    NeverTrue, "R201", Warning, None;
    /// Numbers that are compared as texts.
    NumberAsText, "R202", Warning, None;
    /// Parts of a condition that contradict one another.
    Contradiction, "R203", Warning, None;
    /// A part of a condition that changes nothing.
    Redundant, "R204", Warning, None;
    /// `!=` on a field that most events lack.
    AbsentField, "R205", Warning, None;
    /// A rule that an earlier one always forestalls.
    Shadowed, "R206", Warning, None;
    /// A part of an event that such events do not have.
    NoSuchBody, "R207", Warning, None;
    /// What Falco understands differently.
    TwoMeanings, "R208", Warning, None;
    /// A list that is put in where none was meant.
    ListMisplaced, "R209", Warning, None;
    /// An output names a field whose name goes on.
    OutputGoesOn, "R210", Warning, None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_and_tell_the_severity() {
        let ids: Vec<_> = Code::ALL.iter().map(|code| code.id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        for code in Code::ALL {
            assert_eq!(code.severity() == Severity::Error, code.id() < "R100", "{code:?}");
        }
    }
}
