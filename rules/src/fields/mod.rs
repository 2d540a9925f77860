//! Every field that a condition or an output can name: one table, a row each, from which lookups, documentation and
//! extraction all come.

mod additions;
mod alert;
mod audit;
mod call;
mod clock;
mod containers;
mod evt;
mod indent;
mod json;
mod level;
mod part;
mod pod;
mod query;
mod read;
mod store;
mod subjects;
mod walk;
mod written;

pub(crate) use alert::own;
pub use alert::{alert_fields, output_field};
pub use call::{Argument, Context, Facts};
pub use level::Level;
pub use part::Part;
pub use store::{Extracted, Piece, Store, Texts};

use call::Call;

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// As conditions name it.
    pub name: &'static str,
    /// The type of its value, or of each element.
    pub kind: Kind,
    /// One value or a list of them.
    pub shape: Shape,
    /// What may stand in brackets behind its name.
    pub argument: ArgumentKind,
    /// What it holds.
    pub doc: &'static str,
    /// How it is shown in outputs.
    pub shown: Shown,
    class: Class,
    source: Source,
    /// What Falco 0.44.1 makes of it, where that is not what its documentation says.
    exact: Option<Exact>,
}

/// Types of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Bytes, nearly always UTF-8.
    Text,
    /// A number.
    Number,
    /// Nanoseconds or seconds since 1970.
    AbsoluteTime,
    /// Nanoseconds or seconds since the first event.
    RelativeTime,
    /// True or false.
    Flag,
    /// A priority by its urgency; only alerts have one.
    Priority,
}

impl Kind {
    /// What values of it are called, one or a list of them.
    #[must_use]
    pub fn name(self, shape: Shape) -> &'static str {
        match (shape, self) {
            (Shape::Single, Self::Text) => "text",
            (Shape::Single, Self::Number) => "number",
            (Shape::Single, Self::AbsoluteTime) => "time",
            (Shape::Single, Self::RelativeTime) => "span of time",
            (Shape::Single, Self::Flag) => "truth value",
            (Shape::Single, Self::Priority) => "priority",
            (Shape::List, Self::Text) => "list of texts",
            (Shape::List, _) => "list of numbers",
        }
    }
}

/// One value or a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "said above")]
pub enum Shape {
    Single,
    List,
}

/// What may stand in brackets behind a field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Nothing.
    None,
    /// A number or nothing.
    Index,
    /// A text.
    Key,
    /// A JSON pointer.
    Pointer,
}

/// How a value is shown in outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As it is.
    Plain,
    /// In the message with nine digits.
    Padded,
    /// In the message as it is, among the fields as nanoseconds since 1970.
    Nanoseconds,
}

/// Where fields come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// From any event.
    Event,
    /// From the JSON of any event.
    Json,
    /// From an audit event, which has an `auditID`.
    Audit,
    /// Ours, also from audit events.
    AuditAddition,
    /// Ours, from any event.
    Addition,
    /// From an alert, which is all there is then.
    Alert,
}

impl Class {
    /// All that are of events: those that Falco has, then ours.
    pub const ALL: [Self; 5] = [Self::Event, Self::Audit, Self::Json, Self::AuditAddition, Self::Addition];

    /// What it is called, with Falco as here.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "evt",
            Self::Audit => "k8saudit (plugin)",
            Self::Json => "json (plugin)",
            Self::AuditAddition => "k8saudit (Saker's)",
            Self::Addition => "saker",
            Self::Alert => "alert (Saker's)",
        }
    }

    /// What its fields have in common.
    #[must_use]
    pub fn doc(self) -> &'static str {
        match self {
            Self::Event => "What every event has: its number, its times, where it came from.",
            Self::Audit => "The audit event and the objects of the request and the response.",
            Self::Json => "Any part of the event by its place in the JSON.",
            Self::AuditAddition => {
                "More of the audit event; above all, the pod wherever it stands: in a pod, in the template of a \
                 workload, in an ephemeralcontainers request, in the values of a JSON patch. Falco does not have these."
            }
            Self::Addition => "What is known of an event beside its JSON. Falco does not have these.",
            Self::Alert => "What routes, silences, filters and templates can ask of an alert.",
        }
    }
}

/// A function and the path it starts from.
#[derive(Debug, Clone, Copy)]
struct Source {
    path: &'static [&'static str],
    read: fn(&Call<'_>, &mut Store) -> Extracted,
}

/// The second meaning of a field.
#[derive(Debug, Clone, Copy)]
struct Exact {
    source: Source,
    doc: &'static str,
}

/// Which of the two meanings of fields is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// What the documentation says.
    Documented,
    /// What Falco 0.44.1 does.
    FalcoExact,
}

/// The rows, in the order of documentation.
pub fn fields() -> impl Iterator<Item = &'static Field> {
    let groups: [&'static [Field]; 8] = [
        evt::FIELDS,
        audit::FIELDS,
        subjects::FIELDS,
        containers::MAIN,
        containers::INIT,
        containers::EPHEMERAL,
        json::FIELDS,
        additions::FIELDS,
    ];
    groups.into_iter().flatten()
}

/// The row of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Field> {
    fields().find(|field| field.name == name)
}

impl Field {
    /// Where it comes from.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// Whether the two meanings differ.
    #[must_use]
    pub fn has_two_meanings(&self) -> bool {
        self.exact.is_some()
    }

    /// What Falco 0.44.1 makes of it, if that is something else.
    #[must_use]
    pub fn falco_doc(&self) -> Option<&'static str> {
        self.exact.as_ref().map(|exact| exact.doc)
    }

    /// Its name with what may stand in brackets behind it.
    #[must_use]
    pub fn usage(&self) -> String {
        match self.argument {
            ArgumentKind::None => self.name.to_owned(),
            ArgumentKind::Index => format!("{}, {}[0]", self.name, self.name),
            ArgumentKind::Key => format!("{}[key]", self.name),
            ArgumentKind::Pointer => format!("{}[/path/to/value]", self.name),
        }
    }

    /// Its value in an event.
    pub fn extract(
        &self,
        meaning: Meaning,
        argument: &Argument,
        facts: &Facts<'_>,
        store: &mut Store,
    ) -> Extracted {
        if matches!(self.class, Class::Audit | Class::AuditAddition) && !facts.is_audited() {
            return Extracted::Absent;
        }
        let source = match (meaning, &self.exact) {
            (Meaning::FalcoExact, Some(exact)) => &exact.source,
            _ => &self.source,
        };
        (source.read)(&Call { facts, argument, path: source.path }, store)
    }

    const fn text(name: &'static str, path: &'static [&'static str], doc: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Text,
            shape: Shape::Single,
            argument: ArgumentKind::None,
            doc,
            shown: Shown::Plain,
            class: Class::Audit,
            source: Source { path, read: read::text },
            exact: None,
        }
    }

    const fn list(name: &'static str, path: &'static [&'static str], doc: &'static str) -> Self {
        let text = Self::text(name, path, doc);
        Self { shape: Shape::List, source: Source { path, read: read::list }, ..text }
    }

    /// A list met on the way along a path with arrays in it, with an optional index for those arrays.
    const fn walked(name: &'static str, path: &'static [&'static str], doc: &'static str) -> Self {
        Self::list(name, path, doc).indexed().reading(walk::present)
    }

    const fn of_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    const fn of_class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    const fn of_shape(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    const fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }

    const fn indexed(self) -> Self {
        Self { argument: ArgumentKind::Index, ..self }
    }

    const fn keyed(self, argument: ArgumentKind) -> Self {
        Self { argument, ..self }
    }

    const fn reading(self, read: fn(&Call<'_>, &mut Store) -> Extracted) -> Self {
        Self { source: Source { path: self.source.path, read }, ..self }
    }

    const fn but_falco(
        self,
        path: &'static [&'static str],
        read: fn(&Call<'_>, &mut Store) -> Extracted,
        doc: &'static str,
    ) -> Self {
        Self { exact: Some(Exact { source: Source { path, read }, doc }), ..self }
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Field {}

impl std::hash::Hash for Field {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_documented() {
        let mut names = HashSet::new();
        for field in fields() {
            assert!(names.insert(field.name), "{} twice", field.name);
            assert!(field.doc.len() > 10, "{}", field.name);
        }
        assert!(find("ka.verb").is_some_and(|field| field.kind == Kind::Text));
        assert!(find("ka.Verb").is_none());
    }
}
