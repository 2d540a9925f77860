//! The fields of alerts: what every alert has, and the output fields that it happens to have.

use std::borrow::Cow;

use super::call::{Argument, Call};
use super::store::{Extracted, Store};
use super::{ArgumentKind, Class, Field, Kind, Shape};
use crate::alert::{AlertFields, AlertValue};

/// What every alert has, in the order of documentation.
const ALWAYS: &[Field] = &[
    text("alert.rule", "The name of the rule.", |call, store| copied(call, store, |alert| alert.rule().into())),
    text(
        "alert.priority",
        "The priority. `alert.priority >= warning` holds for warnings and for all that is more urgent.",
        |call, _| call.alert().map_or(Extracted::Absent, |alert| Extracted::Number(alert.priority().urgency())),
    )
    .of_kind(Kind::Priority),
    text("alert.source", "The event source of the rule: k8s_audit.", |call, store| {
        copied(call, store, |alert| alert.source().into())
    }),
    text("alert.tags", "The tags of the rule.", |call, store| {
        call.alert().map_or(Extracted::Absent, |alert| list(store, alert.tags()))
    })
    .of_shape(Shape::List),
    text("alert.cluster", "The cluster that the event came from.", |call, store| {
        copied(call, store, |alert| alert.cluster().into())
    }),
    text("alert.message", "The rule's output, without time and priority.", |call, store| {
        copied(call, store, |alert| alert.message().into())
    }),
    text("alert.output", "The rule's output behind time and priority, as Falco prints it.", |call, store| {
        copied(call, store, |alert| alert.output().into())
    }),
    text("alert.time", "When the event happened, as 2018-10-25T14:09:12.581541000Z.", |call, store| {
        copied(call, store, |alert| alert.time().into())
    }),
    text("alert.id", "The id of the alert.", |call, store| copied(call, store, |alert| alert.id().into())),
    text("alert.ruleset", "The digest of the rules that were in force.", |call, store| {
        copied(call, store, |alert| alert.ruleset().into())
    }),
    text("alert.hostname", "The name of the host that evaluated the event.", |call, store| {
        copied(call, store, |alert| alert.hostname().into())
    }),
    text(
        "alert.count",
        "How many alerts this one stands for: more than 1 only where it is the summary of a group.",
        |call, _| call.alert().map_or(Extracted::Absent, |alert| Extracted::Number(alert.count())),
    )
    .of_kind(Kind::Number),
    text(
        "alert.field",
        "The output field of that name, as a text; for names without a dot, which settings may add to outputs.",
        as_text,
    )
    .keyed(ArgumentKind::Key),
];

/// The rows by which output fields are read under their own names, one for each type that they may have. Conditions do
/// not name these.
const TEXT: Field = text("alert.field", "An output field that is a text.", as_text).keyed(ArgumentKind::Key);
const LIST: Field = text("alert.field(list)", "One that is a list.", as_list).of_shape(Shape::List);
const NUMBER: Field = text("alert.field(number)", "One that is a number.", as_number).of_kind(Kind::Number);
const FLAG: Field = text("alert.field(flag)", "One that is true or false.", as_number).of_kind(Kind::Flag);

static OWN: [Field; 4] = [TEXT, LIST, NUMBER, FLAG];

/// The rows of what every alert has, in the order of documentation.
pub fn alert_fields() -> impl Iterator<Item = &'static Field> {
    ALWAYS.iter()
}

/// The row by which an output field is read that has this type where it is made.
#[must_use]
pub fn output_field(kind: Kind, shape: Shape) -> &'static Field {
    let [text, list, number, flag] = &OWN;
    match (shape, kind) {
        (Shape::List, _) => list,
        (_, Kind::Text | Kind::Priority) => text,
        (_, Kind::Flag) => flag,
        (_, Kind::Number | Kind::AbsoluteTime | Kind::RelativeTime) => number,
    }
}

const fn text(name: &'static str, doc: &'static str, read: fn(&Call<'_>, &mut Store) -> Extracted) -> Field {
    Field::text(name, &[], doc).of_class(Class::Alert).reading(read)
}

fn copied(
    call: &Call<'_>,
    store: &mut Store,
    part: impl for<'x> Fn(&'x dyn AlertFields) -> Cow<'x, str>,
) -> Extracted {
    call.alert().map_or(Extracted::Absent, |alert| Extracted::Text(store.copy(part(alert).as_bytes())))
}

fn list(store: &mut Store, items: &[String]) -> Extracted {
    let start = store.start_list();
    for item in items {
        let piece = store.copy(item.as_bytes());
        store.push(piece);
    }
    store.end_list(start)
}

/// The output field that the argument names.
fn named<'a>(call: &Call<'a>) -> Option<AlertValue<'a>> {
    call.alert()?.field(std::str::from_utf8(call.key()).ok()?)
}

fn as_text(call: &Call<'_>, store: &mut Store) -> Extracted {
    named(call).map_or(Extracted::Absent, |value| Extracted::Text(store.copy(value.to_text().as_bytes())))
}

fn as_list(call: &Call<'_>, store: &mut Store) -> Extracted {
    match named(call) {
        Some(AlertValue::List(items)) => list(store, items),
        Some(AlertValue::Text(one)) => list(store, &[one.to_owned()]),
        _ => Extracted::Absent,
    }
}

/// A number below zero has no place among those of the language.
fn as_number(call: &Call<'_>, _: &mut Store) -> Extracted {
    let number = match named(call) {
        Some(AlertValue::Unsigned(number)) => Some(number),
        Some(AlertValue::Signed(number)) => u64::try_from(number).ok(),
        Some(AlertValue::Boolean(flag)) => Some(u64::from(flag)),
        _ => None,
    };
    number.map_or(Extracted::Absent, Extracted::Number)
}

/// The argument that means the output field of this name.
pub(crate) fn own(name: &str) -> Argument {
    Argument::Key(name.as_bytes().into())
}
