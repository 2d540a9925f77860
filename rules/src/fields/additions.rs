//! Fields that Falco does not have. They load in both meanings.
//!
//! Falco looks into a pod only where it is the request object itself. These look into the pod wherever it stands: in
//! the template of a workload, in the job of a cron job, in an `ephemeralcontainers` request, in the values of a patch.

use super::call::Call;
use super::pod::repository;
use super::store::{Extracted, Store};
use super::written::{CONTAINERS, Written, pod_specs};
use super::{Class, Field, read};
use crate::event::{Json, Kind};

/// Pods stand in the object of the request.
const REQUEST: &[&str] = &["requestObject"];
const CAPABILITIES: &[&str] = &["securityContext", "capabilities", "add"];
const PRIVILEGED: &[&str] = &["securityContext", "privileged"];

pub(super) const FIELDS: &[Field] = &[
    list("ka.pod.container.names", "The names of all containers of any kind.", |call, store| {
        each(call, store, &CONTAINERS, |container, store| push(container.path(&["name"]), store))
    }),
    list("ka.pod.images", "The images of all containers of any kind.", |call, store| {
        each(call, store, &CONTAINERS, |container, store| push(container.path(&["image"]), store))
    }),
    list(
        "ka.pod.image.repositories",
        "The repositories of the images of all containers: with the registry, without tag and digest.",
        |call, store| {
            each(call, store, &CONTAINERS, |container, store| {
                if let Some(image) = container.path(&["image"]) {
                    let piece = store.copy(repository(&image.text()));
                    store.push(piece);
                }
            })
        },
    ),
    list(
        "ka.pod.privileged",
        "For each container of any kind whether it is privileged: true or false.",
        |call, store| {
            each(call, store, &CONTAINERS, |container, store| {
                if container.covers(PRIVILEGED) {
                    let piece = store.copy(truth(container.path(PRIVILEGED)));
                    store.push(piece);
                }
            })
        },
    ),
    list("ka.pod.capabilities", "The capabilities that containers of any kind add.", |call, store| {
        each(call, store, &CONTAINERS, |container, store| {
            let added = container.elements(CAPABILITIES);
            added.iter().for_each(|capability| push(capability.itself(), store));
        })
    }),
    text(
        "ka.pod.host_network",
        "Whether the pod uses the network of its host: true or false.",
        |call, store| flag(call, store, "hostNetwork"),
    ),
    text(
        "ka.pod.host_pid",
        "Whether the pod sees the processes of its host: true or false.",
        |call, store| flag(call, store, "hostPID"),
    ),
    text("ka.pod.host_ipc", "Whether the pod shares the IPC of its host: true or false.", |call, store| {
        flag(call, store, "hostIPC")
    }),
    list("ka.pod.hostpaths", "The host paths that the pod mounts.", |call, store| {
        each(call, store, &["volumes"], |volume, store| push(volume.path(&["hostPath", "path"]), store))
    }),
    text("ka.pod.service_account", "The service account that the pod runs as.", |call, store| {
        read::optional(pod_specs(call).iter().rev().find_map(service_account), store)
    }),
    list("ka.pod.ephemeral.names", "The names of the ephemeral containers.", |call, store| {
        each(call, store, &["ephemeralContainers"], |container, store| push(container.path(&["name"]), store))
    }),
    list("ka.pod.ephemeral.images", "The images of the ephemeral containers.", |call, store| {
        each(call, store, &["ephemeralContainers"], |container, store| {
            push(container.path(&["image"]), store)
        })
    }),
    Field::text(
        "ka.level",
        &["level"],
        "The audit level of the event: Metadata, Request or RequestResponse.",
    )
    .of_class(Class::AuditAddition),
    Field::text(
        "ka.cluster",
        &[],
        "The cluster that the event came from, as configured where it was received.",
    )
    .of_class(Class::Addition)
    .reading(|call, store| match call.facts.context.cluster {
        "" => Extracted::Absent,
        cluster => Extracted::Text(store.copy(cluster.as_bytes())),
    }),
    Field::text(
        "ka.sourceip",
        &["sourceIPs"],
        "The address that the connection of the request came from: the last of ka.sourceips.",
    )
    .of_class(Class::AuditAddition)
    .reading(|call, store| {
        read::optional(call.at_path().and_then(|addresses| addresses.elements().last()), store)
    }),
    Field::text(
        "ka.target.apigroup",
        &["objectRef", "apiGroup"],
        "The API group of the object that the request is about.",
    )
    .of_class(Class::AuditAddition),
];

/// Of the pod.
const fn text(name: &'static str, doc: &'static str, read: fn(&Call<'_>, &mut Store) -> Extracted) -> Field {
    Field::text(name, REQUEST, doc).of_class(Class::AuditAddition).reading(read)
}

/// Of the pod.
const fn list(name: &'static str, doc: &'static str, read: fn(&Call<'_>, &mut Store) -> Extracted) -> Field {
    Field::list(name, REQUEST, doc).of_class(Class::AuditAddition).reading(read)
}

/// A list made of the elements of some members of the specification.
fn each(
    call: &Call<'_>,
    store: &mut Store,
    members: &[&str],
    mut read: impl FnMut(&Written<'_>, &mut Store),
) -> Extracted {
    let specs = pod_specs(call);
    if specs.is_empty() {
        return Extracted::Absent;
    }
    let start = store.start_list();
    for spec in &specs {
        for member in members {
            spec.elements(&[*member]).iter().for_each(|element| read(element, store));
        }
    }
    store.end_list(start)
}

fn push(value: Option<Json<'_>>, store: &mut Store) {
    if let Some(value) = value {
        let piece = store.json(&value);
        store.push(piece);
    }
}

fn service_account<'a>(spec: &Written<'a>) -> Option<Json<'a>> {
    spec.path(&["serviceAccountName"]).or_else(|| spec.path(&["serviceAccount"]))
}

/// Whether any of what is written says yes; absent where nothing says anything.
fn flag(call: &Call<'_>, store: &mut Store, key: &str) -> Extracted {
    let mut said = pod_specs(call);
    said.retain(|spec| spec.covers(&[key]));
    let Some(last) = said.last() else { return Extracted::Absent };
    let yes = said.iter().map(|spec| spec.path(&[key])).find(|value| truth(*value) == b"true");
    Extracted::Text(store.copy(truth(yes.unwrap_or_else(|| last.path(&[key])))))
}

fn truth(value: Option<Json<'_>>) -> &'static [u8] {
    if value.is_some_and(|value| value.kind() == Kind::True) { b"true" } else { b"false" }
}
