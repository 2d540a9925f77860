//! The subjects of a role binding in the request.

use super::Field;
use super::call::Call;
use super::store::{Extracted, Store};
use crate::event::Json;

const SUBJECTS: &[&str] = &["requestObject", "subjects"];

pub(super) const FIELDS: &[Field] = &[
    Field::list(
        "ka.req.binding.subjects",
        SUBJECTS,
        "The subjects of a binding in the request, each as JSON.",
    ),
    Field::list(
        "ka.req.binding.subjects.user_names",
        SUBJECTS,
        "The users among the subjects of a binding in the request.",
    )
    .reading(users),
    Field::list(
        "ka.req.binding.subjects.serviceaccount_names",
        SUBJECTS,
        "The service accounts among the subjects of a binding in the request.",
    )
    .reading(service_accounts),
    Field::list(
        "ka.req.binding.subjects.serviceaccount_ns_names",
        SUBJECTS,
        "The service accounts among the subjects of a binding in the request, as namespace:name.",
    )
    .reading(qualified_service_accounts),
    Field::list(
        "ka.req.binding.subjects.group_names",
        SUBJECTS,
        "The groups among the subjects of a binding in the request.",
    )
    .reading(groups),
];

fn users(call: &Call<'_>, store: &mut Store) -> Extracted {
    names(call, store, b"User")
}

fn groups(call: &Call<'_>, store: &mut Store) -> Extracted {
    names(call, store, b"Group")
}

fn service_accounts(call: &Call<'_>, store: &mut Store) -> Extracted {
    names(call, store, b"ServiceAccount")
}

fn qualified_service_accounts(call: &Call<'_>, store: &mut Store) -> Extracted {
    let start = store.start_list();
    for subject in of_kind(call, b"ServiceAccount") {
        if let (Some(namespace), Some(name)) = (subject.get(b"namespace"), subject.get(b"name")) {
            let piece = store.text(|bytes| {
                namespace.write_text(bytes);
                bytes.push(b':');
                name.write_text(bytes);
            });
            store.push(piece);
        }
    }
    store.end_list(start)
}

fn names(call: &Call<'_>, store: &mut Store, kind: &[u8]) -> Extracted {
    let start = store.start_list();
    for name in of_kind(call, kind).filter_map(|subject| subject.get(b"name")) {
        let piece = store.json(&name);
        store.push(piece);
    }
    store.end_list(start)
}

fn of_kind<'a>(call: &Call<'a>, kind: &'a [u8]) -> impl Iterator<Item = Json<'a>> {
    let subjects = call.at_path().into_iter().flat_map(|subjects| subjects.elements());
    subjects.filter(move |subject| subject.get(b"kind").is_some_and(|found| *found.text() == *kind))
}
