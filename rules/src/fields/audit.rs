//! The fields of an audit event itself and of the requests in it, but for containers and subjects.

use super::call::Call;
use super::query::query_value;
use super::store::{Extracted, Store};
use super::walk::{self, walk};
use super::{ArgumentKind, Field, pod, read};
use crate::event::{Json, Kind};

const VOLUMES: &[&str] = &["requestObject", "spec", "volumes", ""];

pub(super) const FIELDS: &[Field] = &[
    Field::text("ka.auditid", &["auditID"], "The id of the request."),
    Field::text("ka.stage", &["stage"], "The stage of the request: RequestReceived, ResponseStarted, ResponseComplete or Panic."),
    Field::text("ka.auth.decision", &["annotations", "authorization.k8s.io/decision"], "The decision of the authorizer: allow or forbid."),
    Field::text("ka.auth.reason", &["annotations", "authorization.k8s.io/reason"], "Why the authorizer decided so."),
    Field::text("ka.auth.openshift.decision", &["annotations", "authentication.openshift.io/decision"], "The decision of OpenShift's authentication."),
    Field::text("ka.validations.admission.policy.failure", &["annotations", "validation.policy.admission.k8s.io/validation_failure"], "The failures of validating admission policies, as JSON."),
    Field::text("ka.security.pod.violations", &["annotations", "pod-security.kubernetes.io/audit-violations"], "What violates the audited pod security standard."),
    Field::text("ka.auth.openshift.username", &["annotations", "authentication.openshift.io/username"], "The user that OpenShift authenticated."),
    Field::text("ka.user.name", &["user", "username"], "The user that made the request."),
    Field::list("ka.user.groups", &["user", "groups"], "The groups of the user."),
    Field::text("ka.impuser.name", &["impersonatedUser", "username"], "The user that was impersonated."),
    Field::text("ka.verb", &["verb"], "The verb: get, list, watch, create, update, patch, delete, deletecollection, …"),
    Field::text("ka.uri", &["requestURI"], "The path and query of the request."),
    Field::text("ka.uri.param", &["requestURI"], "The first value of a parameter of the query, decoded.")
        .keyed(ArgumentKind::Key)
        .reading(query_parameter),
    Field::text("ka.target.name", &["objectRef", "name"], "The name of the object that the request is about."),
    Field::text("ka.target.namespace", &["objectRef", "namespace"], "The namespace of the object that the request is about."),
    Field::text("ka.target.resource", &["objectRef", "resource"], "The resource of the object that the request is about: pods, secrets, …"),
    Field::text("ka.target.subresource", &["objectRef", "subresource"], "The sub-resource that the request is about: exec, status, …"),
    Field::text("ka.target.pod.name", &["responseObject", "metadata", "name"], "The name of the pod in the response, if the request was about pods themselves.")
        .reading(pod_name),
    Field::text("ka.req.binding.role", &["requestObject", "roleRef", "name"], "The role that a binding in the request grants."),
    Field::text("ka.req.binding.subject.has_name", &[], "Always true; use ka.req.binding.subjects.user_names instead.")
        .keyed(ArgumentKind::Key)
        .reading(always_true),
    Field::text("ka.req.configmap.name", &["objectRef", "name"], "The name of the object; meant for config maps."),
    Field::text("ka.req.configmap.obj", &["requestObject", "data"], "The data of a config map in the request, as JSON."),
    Field::text("ka.req.container.image", &["requestObject", "spec", "containers", "image"], "The image of the first container of a pod in the request; use ka.req.pod.containers.image instead.")
        .reading(pod::first_image),
    Field::text("ka.req.container.image.repository", &["requestObject", "spec", "containers", "image"], "The repository of the image of the first container of a pod in the request: without tag and digest.")
        .reading(pod::first_repository)
        .but_falco(&["requestObject", "spec", "containers", "image"], pod::first_repository_cut, "Cut at the first colon: of reg:5000/app that leaves reg."),
    Field::text("ka.req.pod.host_ipc", &["requestObject", "spec", "hostIPC"], "hostIPC of a pod in the request."),
    Field::text("ka.req.pod.host_network", &["requestObject", "spec", "hostNetwork"], "hostNetwork of a pod in the request."),
    Field::text("ka.req.container.host_network", &["requestObject", "spec", "hostNetwork"], "The same as ka.req.pod.host_network, which see."),
    Field::text("ka.req.pod.host_pid", &["requestObject", "spec", "hostPID"], "hostPID of a pod in the request."),
    Field::text("ka.req.container.privileged", &["requestObject", "spec", "containers", "securityContext", "privileged"], "Whether any container of a pod in the request is privileged; use ka.req.pod.containers.privileged instead.")
        .reading(any_privileged),
    Field::text("ka.req.pod.run_as_user", &["requestObject", "spec", "securityContext", "runAsUser"], "runAsUser of the security context of a pod in the request."),
    Field::text("ka.req.pod.run_as_group", &["requestObject", "spec", "securityContext", "runAsGroup"], "runAsGroup of the security context of a pod in the request."),
    Field::list("ka.req.role.rules", &["requestObject", "rules"], "The rules of a role in the request, each as JSON."),
    Field::walked("ka.req.role.rules.apiGroups", &["requestObject", "rules", "apiGroups"], "The API groups of all rules of a role in the request.")
        .reading(of_rules),
    Field::walked("ka.req.role.rules.nonResourceURLs", &["requestObject", "rules", "nonResourceURLs"], "The non-resource URLs of all rules of a role in the request.")
        .reading(of_rules),
    Field::walked("ka.req.role.rules.verbs", &["requestObject", "rules", "verbs"], "The verbs of all rules of a role in the request.")
        .reading(of_rules),
    Field::walked("ka.req.role.rules.resources", &["requestObject", "rules", "resources"], "The resources of all rules of a role in the request.")
        .reading(of_rules),
    Field::text("ka.req.pod.fs_group", &["requestObject", "spec", "securityContext", "fsGroup"], "fsGroup of the security context of a pod in the request."),
    Field::list("ka.req.pod.supplemental_groups", &["requestObject", "spec", "securityContext", "supplementalGroups"], "supplementalGroups of the security context of a pod in the request."),
    Field::text("ka.req.service.type", &["requestObject", "spec", "type"], "The type of a service in the request: ClusterIP, NodePort, LoadBalancer, …"),
    Field::walked("ka.req.service.ports", &["requestObject", "spec", "ports"], "The ports of a service in the request: one text, all of them as JSON."),
    Field::walked("ka.req.pod.volumes.hostpath", &["requestObject", "spec", "volumes", "hostPath", "path"], "The host paths that volumes of a pod in the request mount."),
    Field::text("ka.req.volume.hostpath", &["requestObject", "spec", "volumes", "hostPath", "path"], "Whether a volume of a pod in the request mounts the path, or one that starts like it if it ends in *; use ka.req.pod.volumes.hostpath instead.")
        .keyed(ArgumentKind::Key)
        .reading(mounts),
    Field::walked("ka.req.pod.volumes.flexvolume_driver", &["requestObject", "spec", "volumes", "flexVolume", "driver"], "The drivers of the flex volumes of a pod in the request."),
    Field::walked("ka.req.pod.volumes.volume_type", VOLUMES, "The types of the volumes of a pod in the request: hostPath, configMap, …")
        .reading(volume_types),
    Field::text("ka.resp.name", &["responseObject", "metadata", "name"], "The name of the object in the response."),
    Field::text("ka.response.code", &["responseStatus", "code"], "The HTTP status of the response, as text."),
    Field::text("ka.response.reason", &["responseStatus", "reason"], "The reason of a failure: NotFound, Forbidden, …"),
    Field::text("ka.useragent", &["userAgent"], "The user agent of the client."),
    Field::walked("ka.sourceips", &["sourceIPs"], "The addresses that the request came from, the nearest last.")
        .reading(source_ips)
        .but_falco(&["requestObject", "rules", "sourceIPs"], of_rules, "Absent on real events: looked for among the rules of a role."),
    Field::text("ka.cluster.name", &["annotations", "cluster_name"], "The name of the cluster as an annotation says it, which clouds add; see ka.cluster."),
];

fn query_parameter(call: &Call<'_>, store: &mut Store) -> Extracted {
    let Some(uri) = call.at_path() else { return Extracted::Absent };
    match query_value(&uri.text(), call.key()) {
        Some(value) => Extracted::Text(store.copy(&value)),
        None => Extracted::Absent,
    }
}

fn pod_name(call: &Call<'_>, store: &mut Store) -> Extracted {
    let string = |key: &str| {
        let value = call.root().path(&["objectRef", key]);
        value.filter(|value| value.kind() == Kind::String).map(|value| value.text())
    };
    let is_pod = string("resource").is_some_and(|resource| *resource == *b"pods");
    let whole = string("subresource").is_none_or(|subresource| subresource.is_empty());
    if is_pod && whole { read::text(call, store) } else { Extracted::Absent }
}

fn always_true(_: &Call<'_>, store: &mut Store) -> Extracted {
    Extracted::Text(store.copy(b"true"))
}

fn any_privileged(call: &Call<'_>, store: &mut Store) -> Extracted {
    let mut any = false;
    let found = walk(call.root(), call.path, None, &mut |value| {
        any |= value.is_some_and(|value| value.kind() == Kind::True);
    });
    if !found {
        return Extracted::Absent;
    }
    Extracted::Text(store.copy(if any { b"true" } else { b"false" }))
}

/// The elements of the arrays at the end of the path, end to end.
fn of_rules(call: &Call<'_>, store: &mut Store) -> Extracted {
    walk::collect(call, store, |value, store| {
        for element in value.iter().flat_map(Json::elements) {
            let piece = store.json(&element);
            store.push(piece);
        }
        Some(())
    })
}

fn mounts(call: &Call<'_>, store: &mut Store) -> Extracted {
    let key = call.key();
    let mut mounted = false;
    let found = walk(call.root(), call.path, None, &mut |path| {
        mounted |= path.is_some_and(|path| match key.strip_suffix(b"*") {
            Some(start) => path.text().starts_with(start),
            None => *path.text() == *key,
        });
    });
    if !found {
        return Extracted::Absent;
    }
    Extracted::Text(store.copy(if mounted { b"true" } else { b"false" }))
}

fn volume_types(call: &Call<'_>, store: &mut Store) -> Extracted {
    walk::collect(call, store, |volume, store| {
        for (key, _) in volume.iter().flat_map(Json::members) {
            if *key.text() != *b"name" {
                let piece = store.json(&key);
                store.push(piece);
            }
        }
        Some(())
    })
}

fn source_ips(call: &Call<'_>, store: &mut Store) -> Extracted {
    let Some(index) = call.index() else { return read::list(call, store) };
    let Some(address) = call.at_path().and_then(|addresses| addresses.elements().nth(index)) else {
        return Extracted::Absent;
    };
    let start = store.start_list();
    let piece = store.json(&address);
    store.push(piece);
    store.end_list(start)
}
