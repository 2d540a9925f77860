//! The fields that look at the JSON of any event.

use super::call::{Argument, Call};
use super::indent::indented;
use super::store::{Extracted, Store};
use super::{ArgumentKind, Class, Field, evt, read};

pub(super) const FIELDS: &[Field] = &[
    value("json.value"),
    object("json.obj"),
    rawtime("json.rawtime"),
    value("jevt.value"),
    object("jevt.obj"),
    rawtime("jevt.rawtime"),
];

const fn value(name: &'static str) -> Field {
    Field::text(
        name,
        &[],
        "What stands in the event at a JSON pointer, as in jevt.value[/responseStatus/code].",
    )
    .of_class(Class::Json)
    .keyed(ArgumentKind::Pointer)
    .reading(at_pointer)
}

const fn object(name: &'static str) -> Field {
    Field::text(name, &[], "The whole event as JSON, indented.").of_class(Class::Json).reading(whole)
}

const fn rawtime(name: &'static str) -> Field {
    Field::text(name, &[], "The time of the event as text: nanoseconds since 1970.")
        .of_class(Class::Json)
        .reading(evt::nanoseconds_text)
}

fn at_pointer(call: &Call<'_>, store: &mut Store) -> Extracted {
    let Argument::Pointer(steps) = call.argument else { return Extracted::Absent };
    read::optional(call.root().path(steps), store)
}

fn whole(call: &Call<'_>, store: &mut Store) -> Extracted {
    match indented(call.root()) {
        Some(text) => Extracted::Text(store.copy(&text)),
        None => Extracted::Absent,
    }
}
