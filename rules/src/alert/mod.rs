//! Conditions and texts over alerts: the rule language once more, for routes, silences, filters and templates. Fields are
//! what every alert has, as `alert.rule`, and the alert's output fields under their own names.

mod condition;
mod error;
mod template;

use std::borrow::Cow;
use std::fmt::Debug;

pub use condition::AlertCondition;
pub use error::AlertError;
pub use template::AlertTemplate;

use crate::priority::Priority;

/// An alert as conditions and templates see it.
#[expect(missing_docs, reason = "the fields of the same names are documented in their table")]
pub trait AlertFields: Debug {
    fn rule(&self) -> &str;
    fn priority(&self) -> Priority;
    fn source(&self) -> &str;
    fn tags(&self) -> &[String];
    fn cluster(&self) -> &str;
    fn message(&self) -> &str;
    fn output(&self) -> String;
    fn time(&self) -> String;
    fn id(&self) -> &str;
    fn ruleset(&self) -> &str;
    fn hostname(&self) -> &str;
    fn count(&self) -> u64;
    /// The output field of this name, which may have an argument: `ka.uri.param[command]`.
    fn field(&self, name: &str) -> Option<AlertValue<'_>>;
}

/// The value of an output field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the values of fields are")]
pub enum AlertValue<'a> {
    Text(&'a str),
    Signed(i64),
    Unsigned(u64),
    Boolean(bool),
    List(&'a [String]),
}

impl<'a> AlertValue<'a> {
    /// As a text; a list as messages show one.
    pub(crate) fn to_text(self) -> Cow<'a, str> {
        match self {
            AlertValue::Text(text) => Cow::Borrowed(text),
            AlertValue::Signed(number) => Cow::Owned(number.to_string()),
            AlertValue::Unsigned(number) => Cow::Owned(number.to_string()),
            AlertValue::Boolean(flag) => Cow::Owned(flag.to_string()),
            AlertValue::List(items) => Cow::Owned(format!("({})", items.join(","))),
        }
    }
}

#[cfg(test)]
mod tests;
