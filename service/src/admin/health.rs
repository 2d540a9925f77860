//! [`Health`]: how the parts of a process are, each in its own words.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// How all parts are; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Health {
    parts: Arc<Mutex<BTreeMap<Cow<'static, str>, State>>>,
}

/// What a part of the process says of itself.
#[derive(Debug, Clone)]
pub struct Part {
    health: Health,
    name: Cow<'static, str>,
}

/// How a part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "detail", rename_all = "lowercase")]
pub enum State {
    /// It does not work yet, and why.
    Waiting(String),
    /// It works, with what there is to know.
    Ready(String),
    /// It works, but somebody should look at this.
    Degraded(String),
}

impl Health {
    /// A new part; it waits until it says something else.
    #[must_use]
    pub fn part(&self, name: impl Into<Cow<'static, str>>) -> Part {
        let part = Part { health: self.clone(), name: name.into() };
        part.set(State::Waiting("starting".to_owned()));
        part
    }

    /// All parts as they are now, by name.
    pub fn parts(&self) -> BTreeMap<Cow<'static, str>, State> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Part {
    /// One that nobody will ask for.
    #[must_use]
    pub fn unobserved() -> Self {
        Self { health: Health::default(), name: "unobserved".into() }
    }

    /// Says how it is from now on.
    pub fn set(&self, state: State) {
        self.health.parts.lock().unwrap_or_else(PoisonError::into_inner).insert(self.name.clone(), state);
    }
}

impl State {
    /// Whether it works.
    pub fn is_ready(&self) -> bool {
        !matches!(self, Self::Waiting(_))
    }
}
