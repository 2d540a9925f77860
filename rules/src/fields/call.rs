//! What an extraction has to go by: the event, where it came from, the argument.

use crate::alert::AlertFields;
use crate::event::{Event, Json};

/// Where an event came from; nothing of it stands in the event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The running number of the event, `evt.num`.
    pub number: u64,
    /// The cluster it came from, `ka.cluster`; none if empty.
    pub cluster: &'a str,
    /// The name of the host that evaluates it, `evt.hostname`.
    pub hostname: Option<&'a str>,
}

/// An event with everything about it that rules can ask for.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub(super) event: Event<'a>,
    pub(super) bytes: &'a [u8],
    pub(super) context: Context<'a>,
    /// The time of the first event, for times relative to it.
    pub(super) first_unix_nanos: i64,
    audited: bool,
    /// The alert that is looked at in place of an event.
    pub(super) alert: Option<&'a dyn AlertFields>,
}

impl<'a> Facts<'a> {
    /// Of an event that was read from `bytes`.
    #[must_use]
    pub fn new(event: Event<'a>, bytes: &'a [u8], context: Context<'a>, first_unix_nanos: i64) -> Self {
        let audited = event.root.get(b"auditID").is_some();
        Self { event, bytes, context, first_unix_nanos, audited, alert: None }
    }

    /// Of an alert: none of the fields of events has a value.
    pub(crate) fn of_alert(alert: &'a dyn AlertFields) -> Self {
        let event = Event { root: Json::null(), time_unix_nanos: 0 };
        Self { alert: Some(alert), ..Self::new(event, &[], Context::default(), 0) }
    }

    /// Whether it has an `auditID`, without which Falco's plugin does not look at it.
    #[must_use]
    pub fn is_audited(&self) -> bool {
        self.audited
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Its time.
    #[must_use]
    pub fn time_unix_nanos(&self) -> i64 {
        self.event.time_unix_nanos
    }
}

/// What stood in brackets behind a field's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Argument {
    /// Nothing.
    None,
    /// A number.
    Index(usize),
    /// A text.
    Key(Box<[u8]>),
    /// The steps of a JSON pointer.
    Pointer(Box<[Box<[u8]>]>),
}

/// One extraction.
pub(super) struct Call<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) argument: &'a Argument,
    pub(super) path: &'static [&'static str],
}

impl<'a> Call<'a> {
    /// The top of the event.
    pub(super) fn root(&self) -> Json<'a> {
        self.facts.event.root
    }

    /// What stands at the path.
    pub(super) fn at_path(&self) -> Option<Json<'a>> {
        self.root().path(self.path)
    }

    /// The alert that is looked at in place of an event.
    pub(super) fn alert(&self) -> Option<&'a dyn AlertFields> {
        self.facts.alert
    }

    pub(super) fn index(&self) -> Option<usize> {
        match self.argument {
            Argument::Index(index) => Some(*index),
            _ => None,
        }
    }

    pub(super) fn key(&self) -> &'a [u8] {
        match self.argument {
            Argument::Key(key) => key,
            _ => &[],
        }
    }
}
