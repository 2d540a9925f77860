//! The schema itself. Properties and required ones are in the order in which they are looked at: by name.

use Schema::{Anything, Boolean, Integer, List, OneOf, Text};

/// What a value may be.
#[derive(Debug)]
pub(super) enum Schema {
    Anything,
    Text,
    Boolean,
    Integer,
    OneOf(&'static [&'static str]),
    List(&'static Self),
    Object(&'static Object),
}

/// A mapping without other keys than these.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) properties: &'static [(&'static str, Schema)],
    pub(super) required: &'static [&'static str],
    /// How many keys it has at least.
    pub(super) least: usize,
}

/// A file.
pub(super) const RULES: Schema = List(&Schema::Object(&ITEM));

const ITEM: Object = Object {
    properties: &[
        ("append", Boolean),
        ("capture", Boolean),
        ("capture_duration", Integer),
        ("condition", Text),
        ("desc", Text),
        ("enabled", Boolean),
        ("exceptions", List(&Schema::Object(&EXCEPTION))),
        ("items", List(&Text)),
        ("list", Text),
        ("macro", Text),
        ("output", Text),
        ("override", Schema::Object(&OVERRIDE)),
        ("priority", OneOf(PRIORITIES)),
        ("required_engine_version", Text),
        ("required_plugin_versions", List(&Schema::Object(&PLUGIN))),
        ("rule", Text),
        ("skip-if-unknown-filter", Boolean),
        ("source", Text),
        ("tags", List(&Text)),
        ("warn_evttypes", Boolean),
    ],
    required: &[],
    least: 0,
};

const PRIORITIES: &[&str] =
    &["EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "INFORMATIONAL", "DEBUG"];

const EXCEPTION: Object = Object {
    properties: &[("comps", Anything), ("fields", Anything), ("name", Text), ("values", Anything)],
    required: &["name"],
    least: 0,
};

const CHANGE: Schema = OneOf(&["append", "replace"]);

const OVERRIDE: Object = Object {
    properties: &[
        ("capture", CHANGE),
        ("capture_duration", CHANGE),
        ("condition", CHANGE),
        ("desc", CHANGE),
        ("enabled", CHANGE),
        ("exceptions", CHANGE),
        ("items", CHANGE),
        ("output", CHANGE),
        ("priority", CHANGE),
        ("skip-if-unknown-filter", CHANGE),
        ("tags", CHANGE),
        ("warn_evttypes", CHANGE),
    ],
    required: &[],
    least: 1,
};

const PLUGIN: Object = Object {
    properties: &[("alternatives", List(&Schema::Object(&ALTERNATIVE))), ("name", Text), ("version", Text)],
    required: &["name", "version"],
    least: 0,
};

const ALTERNATIVE: Object =
    Object { properties: &[("name", Text), ("version", Text)], required: &["name", "version"], least: 0 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_in_order() {
        for object in [&ITEM, &EXCEPTION, &OVERRIDE, &PLUGIN, &ALTERNATIVE] {
            assert!(object.properties.is_sorted_by(|(a, _), (b, _)| a < b), "{object:?}");
            assert!(object.required.is_sorted(), "{object:?}");
        }
    }
}
