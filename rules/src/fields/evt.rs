//! The fields that every event has, whatever its source.

use super::call::Call;
use super::clock::Clock;
use super::store::{Extracted, Store};
use super::{Class, Field, Kind, Shown};

const NANOS: u64 = 1_000_000_000;
/// What Falco calls the plugin that its audit events come from.
const PLUGIN: &[u8] = b"k8saudit";
/// The source of all audit events.
pub const SOURCE: &[u8] = b"k8s_audit";

pub(super) const FIELDS: &[Field] = &[
    number("evt.num", Kind::Number, "The running number of the event.", |call, _| {
        Extracted::Number(call.facts.context.number)
    }),
    time("evt.time", "The time of the event in UTC: 14:09:12.581541000.", |call, store| {
        text(store, &Clock::new(nanos(call)).exact_time())
    }),
    time("evt.time.s", "The time of the event in UTC: 14:09:12.", |call, store| {
        text(store, &Clock::new(nanos(call)).time())
    }),
    time(
        "evt.time.iso8601",
        "The time of the event in UTC: 2018-10-25T14:09:12.581541000+0000.",
        |call, store| {
            let clock = Clock::new(nanos(call));
            text(store, &format!("{}T{}+0000", clock.date(), clock.exact_time()))
        },
    ),
    time(
        "evt.datetime",
        "The date and time of the event in UTC: 2018-10-25 14:09:12.581541000.",
        |call, store| {
            let clock = Clock::new(nanos(call));
            text(store, &format!("{} {}", clock.date(), clock.exact_time()))
        },
    ),
    time("evt.datetime.s", "The date and time of the event in UTC: 2018-10-25 14:09:12.", |call, store| {
        let clock = Clock::new(nanos(call));
        text(store, &format!("{} {}", clock.date(), clock.time()))
    }),
    number("evt.rawtime", Kind::AbsoluteTime, "The time of the event: nanoseconds since 1970.", |call, _| {
        Extracted::Number(raw(call))
    }),
    number("evt.rawtime.s", Kind::AbsoluteTime, "The seconds of evt.rawtime.", |call, _| {
        Extracted::Number(raw(call) / NANOS)
    }),
    number(
        "evt.rawtime.ns",
        Kind::AbsoluteTime,
        "The nanoseconds of evt.rawtime that are no full second.",
        |call, _| Extracted::Number(raw(call) % NANOS),
    )
    .shown(Shown::Padded),
    number("evt.reltime", Kind::RelativeTime, "Nanoseconds since the first event.", |call, _| {
        Extracted::Number(relative(call))
    })
    .shown(Shown::Padded),
    number("evt.reltime.s", Kind::RelativeTime, "The seconds of evt.reltime.", |call, _| {
        Extracted::Number(relative(call) / NANOS)
    }),
    number(
        "evt.reltime.ns",
        Kind::RelativeTime,
        "The nanoseconds of evt.reltime that are no full second.",
        |call, _| Extracted::Number(relative(call) % NANOS),
    )
    .shown(Shown::Padded),
    event("evt.pluginname", "What the source of the event is called: k8saudit.", |_, store| {
        Extracted::Text(store.copy(PLUGIN))
    }),
    event("evt.plugininfo", "The whole event as JSON.", |call, store| {
        Extracted::Text(store.json(&call.root()))
    }),
    event("evt.source", "The source of the event: k8s_audit.", |_, store| {
        Extracted::Text(store.copy(SOURCE))
    }),
    number("evt.is_async", Kind::Flag, "Whether the event was made by Falco itself: false.", |_, _| {
        Extracted::Number(0)
    }),
    event("evt.asynctype", "What kind of event Falco made itself: none of these.", |_, _| Extracted::Absent),
    event("evt.hostname", "The name of the host that evaluates the event.", |call, store| {
        call.facts.context.hostname.map_or(Extracted::Absent, |name| text(store, name))
    }),
];

/// The time of the event as text.
pub(super) fn nanoseconds_text(call: &Call<'_>, store: &mut Store) -> Extracted {
    text(store, &raw(call).to_string())
}

const fn number(
    name: &'static str,
    kind: Kind,
    doc: &'static str,
    read: fn(&Call<'_>, &mut Store) -> Extracted,
) -> Field {
    event(name, doc, read).of_kind(kind)
}

const fn event(name: &'static str, doc: &'static str, read: fn(&Call<'_>, &mut Store) -> Extracted) -> Field {
    Field::text(name, &[], doc).of_class(Class::Event).reading(read)
}

const fn time(name: &'static str, doc: &'static str, read: fn(&Call<'_>, &mut Store) -> Extracted) -> Field {
    event(name, doc, read).shown(Shown::Nanoseconds)
}

fn nanos(call: &Call<'_>) -> i64 {
    call.facts.event.time_unix_nanos
}

fn raw(call: &Call<'_>) -> u64 {
    nanos(call).cast_unsigned()
}

fn relative(call: &Call<'_>) -> u64 {
    nanos(call).wrapping_sub(call.facts.first_unix_nanos).cast_unsigned()
}

fn text(store: &mut Store, text: &str) -> Extracted {
    Extracted::Text(store.copy(text.as_bytes()))
}
