//! Values that stand at one path.

use super::call::Call;
use super::store::{Extracted, Store};
use crate::event::{Json, Kind};

/// The text of whatever stands there.
pub(super) fn text(call: &Call<'_>, store: &mut Store) -> Extracted {
    optional(call.at_path(), store)
}

/// The texts of the elements of the array that stands there.
pub(super) fn list(call: &Call<'_>, store: &mut Store) -> Extracted {
    match call.at_path() {
        Some(array) if array.kind() == Kind::Array => elements(&array, store),
        _ => Extracted::Absent,
    }
}

/// The text of a value, if there is one.
pub(super) fn optional(value: Option<Json<'_>>, store: &mut Store) -> Extracted {
    value.map_or(Extracted::Absent, |value| Extracted::Text(store.json(&value)))
}

fn elements(array: &Json<'_>, store: &mut Store) -> Extracted {
    let start = store.start_list();
    for element in array.elements() {
        let piece = store.json(&element);
        store.push(piece);
    }
    store.end_list(start)
}
