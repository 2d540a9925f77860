//! Values along a path that has arrays on its way.

use super::call::Call;
use super::store::{Extracted, Store};
use crate::event::{Json, Kind};

/// Every value at the end of the path; where an element lacks it, nothing.
pub(super) fn present(call: &Call<'_>, store: &mut Store) -> Extracted {
    collect(call, store, |value, store| {
        if let Some(value) = value {
            let piece = store.json(&value);
            store.push(piece);
        }
        Some(())
    })
}

/// Every value at the end of the path; absent as a whole if an element lacks it.
pub(super) fn complete(call: &Call<'_>, store: &mut Store) -> Extracted {
    collect(call, store, |value, store| {
        let piece = store.json(&value?);
        store.push(piece);
        Some(())
    })
}

/// The list that `each` makes of the values at the end of the path, with nothing for an element that lacks it;
/// absent if `each` says so or the path leads nowhere.
pub(super) fn collect<'a>(
    call: &Call<'a>,
    store: &mut Store,
    mut each: impl FnMut(Option<Json<'a>>, &mut Store) -> Option<()>,
) -> Extracted {
    let start = store.start_list();
    let mut fine = true;
    let found = walk(call.root(), call.path, call.index(), &mut |value| {
        fine = fine && each(value, store).is_some();
    });
    if found && fine { store.end_list(start) } else { store.drop_list(start) }
}

/// Goes along `path` and calls `each` with what is at its end. An array on the way is entered at `index`, or
/// without one at every element; an element that the rest of the path does not fit counts as nothing. Whether there
/// was anything to go to at all.
pub(super) fn walk<'a>(
    mut value: Json<'a>,
    path: &[&str],
    index: Option<usize>,
    each: &mut dyn FnMut(Option<Json<'a>>),
) -> bool {
    let mut rest = path;
    while let Some((key, behind)) = rest.split_first() {
        if value.kind() == Kind::Array {
            let Some(index) = index else {
                for element in value.elements() {
                    if !walk(element, rest, None, each) {
                        each(None);
                    }
                }
                return true;
            };
            let Some(element) = value.elements().nth(index) else { return false };
            value = element;
        }
        let Some(member) = (if key.is_empty() { Some(value) } else { value.get(key.as_bytes()) }) else {
            return false;
        };
        (value, rest) = (member, behind);
    }
    each(Some(value));
    true
}
