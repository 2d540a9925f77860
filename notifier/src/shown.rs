//! [`Shown`]: an alert as a sink is to show it.

use std::borrow::Cow;

use proto::alerts::v1::Alert;

use crate::falco;

/// An alert as a sink is to show it.
#[derive(Debug, Clone)]
pub(crate) struct Shown<'a> {
    /// The alert.
    pub(crate) alert: &'a Alert,
    text: Option<String>,
}

impl<'a> Shown<'a> {
    /// As it is.
    pub(crate) fn plain(alert: &'a Alert) -> Self {
        Self { alert, text: None }
    }

    /// With a text of the operator's.
    pub(crate) fn with_text(alert: &'a Alert, text: String) -> Self {
        Self { alert, text: Some(text) }
    }

    /// What the sink says in words: the operator's text, or time, priority and message as Falco prints them. It may have
    /// several lines, and anything in it that an event may hold.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match &self.text {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(falco::output(self.alert)),
        }
    }
}
