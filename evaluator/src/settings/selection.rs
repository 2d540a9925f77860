//! [`Selection`]: an entry of `evaluator.selections`, written as Falco's `rules` are.

use serde::{Deserialize, Serialize};

/// Turns rules on or off: `enable: {tag: k8s}`, `disable: {rule: "Attach*"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Selection {
    action: rules::SelectionAction,
    selected: Selected,
}

/// Which rules are meant; both are meant where both are given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenSelected", into = "WrittenSelected")]
pub struct Selected {
    rule: Option<String>,
    tag: Option<String>,
}

/// An entry that says nothing, or too much.
#[derive(Debug, thiserror::Error)]
enum SelectionError {
    #[error(
        "says neither enable nor disable: write it as `disable: {{rule: \"Attach*\"}}` or `enable: {{tag: k8s}}`"
    )]
    NoAction,
    #[error(
        "says both enable and disable; make two entries of it, in the order in which they are to be applied"
    )]
    BothActions,
    #[error("says neither rule nor tag: give the name of a rule, in which * stands for any text, or a tag")]
    NoRules,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enable: Option<Selected>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disable: Option<Selected>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSelected {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
}

impl Selection {
    /// Turns rules on.
    pub(crate) fn enable(selected: Selected) -> Self {
        Self { action: rules::SelectionAction::Enable, selected }
    }

    /// Turns rules off.
    pub(crate) fn disable(selected: Selected) -> Self {
        Self { action: rules::SelectionAction::Disable, selected }
    }

    /// As rules are loaded with it.
    pub(crate) fn options(&self) -> impl Iterator<Item = rules::Selection> {
        let rule = self.selected.rule.clone().map(rules::Selector::Rule);
        let tag = self.selected.tag.clone().map(rules::Selector::Tag);
        let action = self.action;
        rule.into_iter().chain(tag).map(move |selector| rules::Selection { action, selector })
    }
}

impl From<&str> for Selected {
    /// `tag:TAG`, or the name of a rule.
    fn from(text: &str) -> Self {
        match text.strip_prefix("tag:") {
            Some(tag) => Self { rule: None, tag: Some(tag.to_owned()) },
            None => Self { rule: Some(text.to_owned()), tag: None },
        }
    }
}

impl TryFrom<Written> for Selection {
    type Error = SelectionError;

    fn try_from(Written { enable, disable }: Written) -> Result<Self, SelectionError> {
        let (action, selected) = match (enable, disable) {
            (Some(selected), None) => (rules::SelectionAction::Enable, selected),
            (None, Some(selected)) => (rules::SelectionAction::Disable, selected),
            (None, None) => return Err(SelectionError::NoAction),
            (Some(_), Some(_)) => return Err(SelectionError::BothActions),
        };
        Ok(Self { action, selected })
    }
}

impl From<Selection> for Written {
    fn from(Selection { action, selected }: Selection) -> Self {
        match action {
            rules::SelectionAction::Enable => Self { enable: Some(selected), disable: None },
            rules::SelectionAction::Disable => Self { enable: None, disable: Some(selected) },
        }
    }
}

impl TryFrom<WrittenSelected> for Selected {
    type Error = SelectionError;

    fn try_from(WrittenSelected { rule, tag }: WrittenSelected) -> Result<Self, SelectionError> {
        let is_empty = rule.is_none() && tag.is_none();
        if is_empty { Err(SelectionError::NoRules) } else { Ok(Self { rule, tag }) }
    }
}

impl From<Selected> for WrittenSelected {
    fn from(Selected { rule, tag }: Selected) -> Self {
        Self { rule, tag }
    }
}
