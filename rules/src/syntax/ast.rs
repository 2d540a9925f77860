//! The condition as it was written: names unresolved, every part with its place in the text.

use std::ops::Range;

/// A place in the text that was parsed, in bytes. What that text is (a condition after list substitution, an output)
/// is known to whoever parsed it.
pub type Place = Range<usize>;

/// A condition or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// All of them; at least two.
    And(Vec<Expr>),
    /// Any of them; at least two.
    Or(Vec<Expr>),
    /// Not it.
    Not(Box<Expr>),
    /// A macro by its name; gone once resolved.
    Macro(Name),
    /// A comparison.
    Check(Check),
}

impl Expr {
    /// Visits the comparisons from left to right.
    pub fn each_check<'e>(&'e self, visit: &mut dyn FnMut(&'e Check)) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.each_check(visit)),
            Self::Not(inner) => inner.each_check(visit),
            Self::Check(check) => visit(check),
            Self::Macro(_) => {}
        }
    }

    /// Visits the names of macros from left to right.
    pub(crate) fn each_macro<'e>(&'e self, visit: &mut dyn FnMut(&'e Name)) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.each_macro(visit)),
            Self::Not(inner) => inner.each_macro(visit),
            Self::Macro(name) => visit(name),
            Self::Check(_) => {}
        }
    }
}

/// An identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The identifier.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A comparison of a field or transformed field with something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is compared.
    pub left: Operand,
    /// With what, and how.
    pub test: Test,
    /// From the start of `left` to the end of the right-hand side.
    pub place: Place,
}

/// The right part of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// `exists`.
    Exists,
    /// `OP value`; for `in`, `intersects` and `pmatch` the value is a list or another field.
    Compare(Operator, Right),
    /// `OP oneof (…)`, `OP anyof (…)`, `OP allof (…)`: a string operator over each element.
    Quantified(Operator, Quantifier, Vec<Constant>),
}

/// What stands to the right of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// One value.
    Constant(Constant),
    /// `(a, b)`, or a bare identifier behind a list operator, which is a list of one.
    List(Vec<Constant>),
    /// `val(field)`, or a transformer.
    Operand(Operand),
}

/// A value as written, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// The value: bytes, since `\xHH` may one day name any byte.
    pub value: String,
    /// Whether it stood in quotes.
    pub quoted: bool,
    /// Where it stands, quotes included.
    pub place: Place,
}

/// Something that has a value in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A field.
    Field(FieldRef),
    /// `tolower(field)` and the like.
    Transform(Transform),
    /// `val(field)`; right-hand side only.
    Val(FieldRef),
}

/// A field by its name, unresolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRef {
    /// `ka.uri.param`
    pub name: String,
    /// `command` of `ka.uri.param[command]`, unquoted and unescaped.
    pub argument: Option<String>,
    /// Name and argument.
    pub place: Place,
}

/// A transformer and what it is applied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transform {
    /// Which one.
    pub function: Function,
    /// What it is applied to.
    pub arguments: Vec<Argument>,
    /// The option letter of `getopt(…)[c]`.
    pub index: Option<String>,
    /// From its name to the closing parenthesis or bracket.
    pub place: Place,
}

/// An argument of a transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A field or another transformer.
    Operand(Operand),
    /// A quoted text or a number, as its text.
    Constant(Constant),
    /// `(a, "b", tolower(c))`
    List(Vec<Argument>),
}

/// The transformers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as in the language; docs/language.md describes them")]
pub enum Function {
    ToLower,
    ToUpper,
    B64,
    Basename,
    Len,
    Join,
    Concat,
    Getopt,
}

/// The operators that have a right-hand side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as in the language; docs/language.md describes them")]
pub enum Operator {
    /// `=`
    Eq,
    /// `==`
    DoubleEq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    Contains,
    IContains,
    BContains,
    StartsWith,
    BStartsWith,
    EndsWith,
    Glob,
    IGlob,
    Regex,
    In,
    Intersects,
    PMatch,
}

/// How many elements of a list must satisfy an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// Exactly one: `oneof`.
    One,
    /// At least one: `anyof`.
    Any,
    /// Each: `allof`.
    All,
}
