//! Fields that Falco does not have. They load in both meanings.
//!
//! Falco looks into a pod only where it is the request object itself. These look into the pod wherever it stands: in
//! the template of a workload, in the job of a cron job, in an `ephemeralcontainers` request.

use super::call::Call;
use super::pod::repository;
use super::store::{Extracted, Store};
use super::{Class, Field, read};
use crate::event::{Json, Kind};

/// Where the specification of a pod may stand in an object of a kind that is not known here.
const POD_SPECS: [&[&str]; 3] = [IN_WORKLOAD, IN_CRON_JOB, IN_POD];
/// Pods stand in the object of the request.
const REQUEST: &[&str] = &["requestObject"];
const IN_POD: &[&str] = &["spec"];
const IN_WORKLOAD: &[&str] = &["spec", "template", "spec"];
const IN_CRON_JOB: &[&str] = &["spec", "jobTemplate", "spec", "template", "spec"];
const IN_POD_TEMPLATE: &[&str] = &["template", "spec"];
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

pub(super) const FIELDS: &[Field] = &[
    list("ka.pod.container.names", "The names of all containers of any kind.", |call, store| {
        each(call, store, &CONTAINERS, |container, store| push(container.get(b"name"), store))
    }),
    list("ka.pod.images", "The images of all containers of any kind.", |call, store| {
        each(call, store, &CONTAINERS, |container, store| push(container.get(b"image"), store))
    }),
    list(
        "ka.pod.image.repositories",
        "The repositories of the images of all containers: with the registry, without tag and digest.",
        |call, store| {
            each(call, store, &CONTAINERS, |container, store| {
                if let Some(image) = container.get(b"image") {
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
                let privileged = container.path(&["securityContext", "privileged"]);
                let piece = store.copy(truth(privileged));
                store.push(piece);
            })
        },
    ),
    list("ka.pod.capabilities", "The capabilities that containers of any kind add.", |call, store| {
        each(call, store, &CONTAINERS, |container, store| {
            let added = container.path(&["securityContext", "capabilities", "add"]);
            added.iter().flat_map(Json::elements).for_each(|capability| push(Some(capability), store));
        })
    }),
    text(
        "ka.pod.host_network",
        "Whether the pod uses the network of its host: true or false.",
        |call, store| flag(call, store, b"hostNetwork"),
    ),
    text(
        "ka.pod.host_pid",
        "Whether the pod sees the processes of its host: true or false.",
        |call, store| flag(call, store, b"hostPID"),
    ),
    text("ka.pod.host_ipc", "Whether the pod shares the IPC of its host: true or false.", |call, store| {
        flag(call, store, b"hostIPC")
    }),
    list("ka.pod.hostpaths", "The host paths that the pod mounts.", |call, store| {
        each(call, store, &["volumes"], |volume, store| push(volume.path(&["hostPath", "path"]), store))
    }),
    text("ka.pod.service_account", "The service account that the pod runs as.", |call, store| {
        let spec = pod_spec(call);
        read::optional(
            spec.and_then(|spec| spec.get(b"serviceAccountName").or_else(|| spec.get(b"serviceAccount"))),
            store,
        )
    }),
    list("ka.pod.ephemeral.names", "The names of the ephemeral containers.", |call, store| {
        each(call, store, &["ephemeralContainers"], |container, store| push(container.get(b"name"), store))
    }),
    list("ka.pod.ephemeral.images", "The images of the ephemeral containers.", |call, store| {
        each(call, store, &["ephemeralContainers"], |container, store| push(container.get(b"image"), store))
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

/// The specification of the pod in the request, wherever it stands: for a kind of object that is known, where the API
/// server reads it, and nowhere else, so that a patch cannot show another one to be looked at instead.
fn pod_spec<'a>(call: &Call<'a>) -> Option<Json<'a>> {
    let request = call.root().get(b"requestObject").filter(|request| request.kind() == Kind::Object)?;
    let resource = call.root().path(&["objectRef", "resource"]);
    match resource.as_ref().map(Json::text).as_deref() {
        // Before Kubernetes 1.22 the sub-resource had an object of its own.
        Some(b"pods") => {
            request.path(IN_POD).or_else(|| request.get(b"ephemeralContainers").is_some().then_some(request))
        }
        Some(
            b"deployments"
            | b"daemonsets"
            | b"statefulsets"
            | b"replicasets"
            | b"replicationcontrollers"
            | b"jobs",
        ) => request.path(IN_WORKLOAD),
        Some(b"cronjobs") => request.path(IN_CRON_JOB),
        Some(b"podtemplates") => request.path(IN_POD_TEMPLATE),
        _ => {
            let mut specs = POD_SPECS.iter().filter_map(|path| request.path(path));
            specs.find(|spec| CONTAINERS.iter().chain(&["volumes"]).any(|key| is_list(spec, key)))
        }
    }
}

fn is_list(spec: &Json<'_>, key: &str) -> bool {
    spec.get(key.as_bytes()).is_some_and(|list| list.kind() == Kind::Array)
}

/// A list made of the elements of some members of the specification.
fn each(
    call: &Call<'_>,
    store: &mut Store,
    members: &[&str],
    mut read: impl FnMut(&Json<'_>, &mut Store),
) -> Extracted {
    let Some(spec) = pod_spec(call) else { return Extracted::Absent };
    let start = store.start_list();
    for member in members {
        for element in spec.get(member.as_bytes()).iter().flat_map(Json::elements) {
            read(&element, store);
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

fn flag(call: &Call<'_>, store: &mut Store, key: &[u8]) -> Extracted {
    let Some(spec) = pod_spec(call) else { return Extracted::Absent };
    Extracted::Text(store.copy(truth(spec.get(key))))
}

fn truth(value: Option<Json<'_>>) -> &'static [u8] {
    if value.is_some_and(|value| value.kind() == Kind::True) { b"true" } else { b"false" }
}
