//! What people know an event by, read as the rules read it.

use crate::fields::{Argument, Extracted, Facts, Meaning, Store, Texts, find};
use crate::source::floor;

/// Longer texts are cut.
const MAX_TEXT: usize = 200;

/// An event in a line. What it lacks is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "named as in audit events")]
pub struct Head {
    pub number: u64,
    pub audit_id: String,
    pub time: String,
    pub stage: String,
    pub verb: String,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    pub uri: String,
    pub user: String,
    pub code: String,
    /// The rules that raise an alert.
    pub alerts: Vec<String>,
}

impl Head {
    pub(super) fn of(facts: &Facts<'_>, number: u64, alerts: Vec<String>) -> Self {
        let text = |field: &str| text(field, facts);
        Self {
            number,
            alerts,
            audit_id: text("ka.auditid"),
            time: text("evt.datetime.s"),
            stage: text("ka.stage"),
            verb: text("ka.verb"),
            resource: text("ka.target.resource"),
            subresource: text("ka.target.subresource"),
            namespace: text("ka.target.namespace"),
            name: text("ka.target.name"),
            uri: text("ka.uri"),
            user: text("ka.user.name"),
            code: text("ka.response.code"),
        }
    }
}

fn text(field: &str, facts: &Facts<'_>) -> String {
    let mut store = Store::default();
    let Some(field) = find(field) else { return String::new() };
    let Extracted::Text(piece) = field.extract(Meaning::Documented, &Argument::None, facts, &mut store)
    else {
        return String::new();
    };
    let text = String::from_utf8_lossy(Texts::new(facts.bytes(), &store).text(piece)).into_owned();
    text.get(..floor(&text, MAX_TEXT)).unwrap_or_default().to_owned()
}
