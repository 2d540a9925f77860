//! Values as alerts carry them.

/// A value among the fields of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text; what is not UTF-8 in it is replaced.
    Text(String),
    /// A number that may be below zero: times.
    Signed(i64),
    /// A number.
    Unsigned(u64),
    /// A truth value.
    Boolean(bool),
    /// Texts.
    List(Vec<String>),
}
