//! What fields have in events: the two meanings, the additions, and inputs that broke others.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers")]

mod support;

use rules::{Context, Options, compile};
use serde_json::{Value, json};
use support::{exact, json as value_json, resolved, rule};

#[derive(Clone, Copy)]
enum Meaning {
    Documented,
    Falco,
}
use Meaning::{Documented, Falco};

/// The value of a field, as alerts have it.
fn value(meaning: Meaning, field: &str, event: &Value) -> Value {
    let options = Options { falco_exact: matches!(meaning, Falco), ..exact() };
    let (program, problems) =
        compile(&resolved(vec![rule("R", "evt.num exists", &format!("%{field}")).unwrap()]), &options);
    assert!(problems.is_empty(), "{problems:?}");
    let context = Context { number: 7, cluster: "blue", hostname: Some("host") };
    let mut event = event.clone();
    event["stageTimestamp"] = json!("2024-03-01T10:00:00.123456Z");
    let found = program.evaluator().evaluate(event.to_string().as_bytes(), &context).unwrap();
    let fields = found.matches.into_iter().next().unwrap().fields;
    fields.into_iter().find(|(name, _)| name == field).map(|(_, value)| value_json(value)).unwrap()
}

fn both(field: &str, event: &Value) -> (Value, Value) {
    (value(Documented, field, event), value(Falco, field, event))
}

fn pod() -> Value {
    json!({
        "auditID": "a",
        "sourceIPs": ["10.0.0.1", "172.16.0.9"],
        "requestObject": {"kind": "Pod", "spec": {
            "serviceAccountName": "robot",
            "hostNetwork": true,
            "securityContext": {"runAsUser": 7},
            "initContainers": [{"name": "i", "image": "busybox"}],
            "containers": [
                {"name": "a", "image": "reg:5000/team/app:1", "securityContext": {
                    "privileged": true, "runAsUser": 1000, "capabilities": {"add": ["NET_ADMIN", "SYS_TIME"]}}},
                {"name": "b", "image": "reg:5000/team/app@sha256:0", "command": ["sh", "-c"]},
            ],
            "volumes": [{"name": "v", "hostPath": {"path": "/etc"}}, {"name": "w", "emptyDir": {}}],
        }},
    })
}

#[test]
fn the_two_meanings_differ_where_they_are_said_to() {
    let pod = pod();
    assert_eq!(both("ka.sourceips", &pod), (json!(["10.0.0.1", "172.16.0.9"]), Value::Null));
    assert_eq!(both("ka.sourceips[1]", &pod), (json!(["172.16.0.9"]), Value::Null));
    assert_eq!(
        both("ka.req.pod.containers.eff_run_as_user", &pod),
        (json!(["1000", "7"]), json!(["0", "0"]))
    );
    assert_eq!(both("ka.req.pod.initContainers.eff_run_as_group", &pod), (json!(["0"]), json!(["0"])));
    assert_eq!(
        both("ka.req.pod.containers.add_capabilities", &pod),
        (json!(["NET_ADMIN", "SYS_TIME"]), json!(["[\"NET_ADMIN\",\"SYS_TIME\"]"]))
    );
    assert_eq!(
        both("ka.req.pod.containers.image.repository", &pod),
        (json!(["reg:5000/team/app", "reg:5000/team/app"]), json!(["reg", "reg"]))
    );
    assert_eq!(both("ka.req.container.image.repository", &pod), (json!("reg:5000/team/app"), json!("reg")));
}

#[test]
fn transformed_lists_compare_by_default() {
    let condition = "toupper(ka.req.pod.containers.name) intersects (A)";
    for (meaning, expected) in [(Documented, 1), (Falco, 0)] {
        let options = Options { falco_exact: matches!(meaning, Falco), ..exact() };
        let (program, _) = compile(&resolved(vec![rule("R", condition, "x").unwrap()]), &options);
        let mut event = pod();
        event["stageTimestamp"] = json!("2024-03-01T10:00:00Z");
        let found = program.evaluator().evaluate(event.to_string().as_bytes(), &Context::default()).unwrap();
        assert_eq!(found.matches.len(), expected);
    }
}

#[test]
fn lists_skip_or_insist() {
    let pod = pod();
    assert_eq!(value(Falco, "ka.req.pod.containers.privileged", &pod), json!(["true"]));
    assert_eq!(value(Falco, "ka.req.pod.containers.privileged[1]", &pod), Value::Null);
    assert_eq!(value(Falco, "ka.req.pod.containers.command", &pod), json!(["sh -c"]));
    assert_eq!(value(Falco, "ka.req.pod.volumes.volume_type", &pod), json!(["hostPath", "emptyDir"]));
    let mut without_image = pod;
    without_image["requestObject"]["spec"]["containers"][1].as_object_mut().unwrap().remove("image");
    assert_eq!(value(Falco, "ka.req.pod.containers.image", &without_image), Value::Null);
    assert_eq!(
        value(Falco, "ka.req.pod.containers.image[0]", &without_image),
        json!(["reg:5000/team/app:1"])
    );
}

/// An event about an object of that kind.
fn about(resource: &str, object: Value) -> Value {
    json!({"auditID": "a", "objectRef": {"resource": resource}, "requestObject": object})
}

/// In a list of patches every step of a path is missing, which counts as a value that is not set.
#[test]
fn json_patches_are_walked_like_anything_else() {
    let patch = json!({"auditID": "a", "requestObject": [{"op": "add", "path": "/x", "value": 1}]});
    assert_eq!(value(Falco, "ka.req.container.privileged", &patch), json!("false"));
    assert_eq!(value(Falco, "ka.req.pod.containers.eff_run_as_user", &patch), json!(["0"]));
    assert_eq!(value(Falco, "ka.req.pod.containers.image", &patch), Value::Null);
    assert_eq!(value(Falco, "ka.req.pod.volumes.volume_type", &patch), Value::Null);
    assert_eq!(value(Falco, "ka.req.volume.hostpath[\"\"]", &pod()), json!("false"));
    assert_eq!(value(Falco, "ka.pod.images", &patch), Value::Null);
}

#[test]
fn without_an_audit_id_there_is_only_json() {
    let event = json!({"verb": "get"});
    assert_eq!(value(Falco, "ka.verb", &event), Value::Null);
    assert_eq!(value(Falco, "jevt.value[/verb]", &event), json!("get"));
    assert_eq!(value(Falco, "ka.cluster", &event), json!("blue"));
    assert_eq!(value(Falco, "ka.level", &json!({"auditID": null, "level": "Metadata"})), json!("Metadata"));
}

#[test]
fn additions_see_all_containers_of_a_pod() {
    let pod = pod();
    assert_eq!(value(Documented, "ka.pod.container.names", &pod), json!(["i", "a", "b"]));
    assert_eq!(value(Documented, "ka.pod.privileged", &pod), json!(["false", "true", "false"]));
    assert_eq!(value(Documented, "ka.pod.capabilities", &pod), json!(["NET_ADMIN", "SYS_TIME"]));
    assert_eq!(
        value(Documented, "ka.pod.image.repositories", &pod),
        json!(["busybox", "reg:5000/team/app", "reg:5000/team/app"])
    );
    assert_eq!(value(Documented, "ka.pod.host_network", &pod), json!("true"));
    assert_eq!(value(Documented, "ka.pod.host_pid", &pod), json!("false"));
    assert_eq!(value(Documented, "ka.pod.hostpaths", &pod), json!(["/etc"]));
    assert_eq!(value(Documented, "ka.pod.service_account", &pod), json!("robot"));
    assert_eq!(value(Documented, "ka.pod.ephemeral.names", &pod), Value::Null);
    assert_eq!(value(Documented, "ka.sourceip", &pod), json!("172.16.0.9"));
}

#[test]
fn additions_find_the_pod_wherever_it_stands() {
    let spec = json!({"containers": [{"name": "c", "image": "x"}]});
    for object in [
        json!({"spec": {"template": {"spec": spec}}}),
        json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}),
        json!({"spec": spec}),
    ] {
        let event = json!({"auditID": "a", "requestObject": object});
        assert_eq!(value(Documented, "ka.pod.images", &event), json!(["x"]), "{object}");
        assert_eq!(value(Falco, "ka.pod.images", &event), json!(["x"]), "{object}");
    }
    let old = about("pods", json!({"ephemeralContainers": [{"name": "e", "image": "y"}]}));
    assert_eq!(value(Documented, "ka.pod.ephemeral.images", &old), json!(["y"]));
    let patched =
        json!({"auditID": "a", "requestObject": {"spec": {"ephemeralContainers": [{"name": "e"}]}}});
    assert_eq!(value(Documented, "ka.pod.ephemeral.names", &patched), json!(["e"]));
    let service = json!({"auditID": "a", "requestObject": {"spec": {"type": "NodePort"}}});
    assert_eq!(value(Documented, "ka.pod.host_network", &service), Value::Null);
}

/// The API server ignores what it does not know, in patches without a trace.
#[test]
fn additions_look_only_where_the_api_server_looks() {
    let (innocent, guilty) = (json!({"containers": [{"image": "innocent"}]}), json!([{"image": "guilty"}]));
    let pod = about("pods", json!({"spec": {"containers": guilty, "template": {"spec": innocent}}}));
    assert_eq!(value(Documented, "ka.pod.images", &pod), json!(["guilty"]));
    let pod = about("pods", json!({"spec": {"containers": guilty}, "ephemeralContainers": []}));
    assert_eq!(value(Documented, "ka.pod.images", &pod), json!(["guilty"]));
    let template = json!({"spec": {"containers": guilty}});
    let deployment =
        about("deployments", json!({"spec": {"template": template, "jobTemplate": {"spec": innocent}}}));
    assert_eq!(value(Documented, "ka.pod.images", &deployment), json!(["guilty"]));
    let cron_job = about(
        "cronjobs",
        json!({"spec": {"template": {"spec": innocent}, "jobTemplate": {"spec": {"template": template}}}}),
    );
    assert_eq!(value(Documented, "ka.pod.images", &cron_job), json!(["guilty"]));
    assert_eq!(
        value(Documented, "ka.pod.images", &about("podtemplates", json!({"template": template}))),
        json!(["guilty"])
    );
}

#[test]
fn a_patch_may_hold_any_part_of_a_pod() {
    let pod = about("pods", json!({"spec": {"hostPID": true}}));
    assert_eq!(value(Documented, "ka.pod.host_pid", &pod), json!("true"));
    assert_eq!(value(Documented, "ka.pod.images", &pod), Value::Null);
    let workload = about("daemonsets", json!({"spec": {"template": {"spec": {"hostNetwork": true}}}}));
    assert_eq!(value(Documented, "ka.pod.host_network", &workload), json!("true"));
}

#[test]
fn a_json_patch_writes_parts_of_a_pod() {
    let patch = json!([
        {"op": "test", "path": "/spec/template/spec/hostPID", "value": true},
        {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "evil:1"},
        {"op": "add", "path": "/spec/template/spec/containers/-", "value":
            {"name": "new", "image": "miner:2", "securityContext": {"privileged": true}}},
        {"op": "add", "path": "/spec/template/spec/containers/0/securityContext", "value":
            {"capabilities": {"add": ["SYS_ADMIN"]}}},
        {"op": "add", "path": "/spec/template/spec/containers/0/securityContext/capabilities/add/-", "value": "BPF"},
        {"op": "add", "path": "/spec/template/spec/containers/1/securityContext/privileged", "value": true},
        {"op": "add", "path": "/spec/template/spec/volumes", "value":
            [{"name": "v", "hostPath": {"path": "/etc"}}, {"name": "w", "emptyDir": {}}]},
        {"op": "add", "path": "/spec/template/spec/volumes/-", "value": {"hostPath": {"path": "/"}}},
        {"op": "replace", "path": "/spec/template/spec/volumes/0/hostPath/path", "value": "/proc"},
        {"op": "add", "path": "/spec/template/spec/hostNetwork", "value": true},
        {"op": "add", "path": "/spec/template/spec/serviceAccountName", "value": "robot"},
        {"op": "remove", "path": "/spec/template/spec/initContainers"},
        {"op": "add", "path": "/spec/containers/-", "value": {"name": "elsewhere"}},
    ]);
    let event = about("deployments", patch);
    let read = |field: &str| value(Documented, field, &event);
    assert_eq!(read("ka.pod.images"), json!(["evil:1", "miner:2"]));
    assert_eq!(read("ka.pod.image.repositories"), json!(["evil", "miner"]));
    assert_eq!(read("ka.pod.container.names"), json!(["new"]));
    assert_eq!(read("ka.pod.privileged"), json!(["true", "false", "true"]));
    assert_eq!(read("ka.pod.capabilities"), json!(["SYS_ADMIN", "BPF"]));
    assert_eq!(read("ka.pod.hostpaths"), json!(["/etc", "/", "/proc"]));
    assert_eq!(read("ka.pod.host_network"), json!("true"));
    assert_eq!(read("ka.pod.host_pid"), Value::Null);
    assert_eq!(read("ka.pod.service_account"), json!("robot"));
}

#[test]
fn a_json_patch_may_write_above_a_pod_or_elsewhere() {
    let images = |resource: &str, path: &str, value_there: Value| {
        let patch = json!([{"op": "add", "path": path, "value": value_there}]);
        value(Documented, "ka.pod.images", &about(resource, patch))
    };
    let spec = json!({"containers": [{"image": "a"}]});
    let template = json!({"spec": spec});
    assert_eq!(images("deployments", "/spec/template", template.clone()), json!(["a"]));
    assert_eq!(images("deployments", "/spec", json!({"template": template})), json!(["a"]));
    assert_eq!(
        images("cronjobs", "", json!({"spec": {"jobTemplate": {"spec": {"template": template}}}})),
        json!(["a"])
    );
    assert_eq!(images("pods", "/spec/ephemeralContainers/-", json!({"image": "a"})), json!(["a"]));
    assert_eq!(images("pods", "/spec/ephemeralContainers", json!([{"image": "a"}])), json!(["a"]));
    assert_eq!(images("widgets", "/spec/template/spec/containers", json!([{"image": "a"}])), json!(["a"]));
    assert_eq!(images("pods", "/spec~1containers/-", json!({"image": "a"})), Value::Null);
    assert_eq!(images("pods", "/metadata/labels/spec", json!("a")), Value::Null);
    for odd in [json!([1, "a", null]), json!([{"op": "add"}]), json!([{"op": 7, "path": [], "value": {}}])] {
        assert_eq!(value(Documented, "ka.pod.images", &about("pods", odd)), Value::Null);
    }
}

#[test]
fn odd_values_keep_their_text() {
    let event =
        json!({"auditID": "a", "verb": null, "stage": {"a": [1, "x"]}, "objectRef": {"name": "a\u{0}b"}});
    assert_eq!(value(Falco, "ka.verb", &event), json!("null"));
    assert_eq!(value(Falco, "ka.stage", &event), json!("{\"a\":[1,\"x\"]}"));
    assert_eq!(value(Falco, "ka.target.name", &event), json!("a"));
    assert_eq!(value(Falco, "evt.num", &event), json!(7));
    assert_eq!(value(Falco, "evt.hostname", &event), json!("host"));
    assert_eq!(value(Falco, "evt.rawtime.ns", &event), json!(123_456_000));
}
