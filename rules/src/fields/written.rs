//! What a request writes of the specification of a pod: all of it in an object, or in a JSON patch (RFC 6902) the
//! values of its operations, each at its place.

use super::call::Call;
use crate::event::{Json, Kind};

const IN_POD: &[&str] = &["spec"];
const IN_WORKLOAD: &[&str] = &["spec", "template", "spec"];
const IN_CRON_JOB: &[&str] = &["spec", "jobTemplate", "spec", "template", "spec"];
const IN_POD_TEMPLATE: &[&str] = &["template", "spec"];
/// Where the specification of a pod may stand in an object of a kind that is not known here.
const ANYWHERE: &[&[&str]] = &[IN_WORKLOAD, IN_CRON_JOB, IN_POD];
/// The lists of containers of a pod.
pub(super) const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// A value that is written, and where: so many steps below what is asked about.
#[derive(Debug, Clone)]
pub(super) struct Written<'a> {
    at: Vec<Vec<u8>>,
    value: Json<'a>,
}

impl<'a> Written<'a> {
    fn whole(value: Json<'a>) -> Self {
        Self { at: Vec::new(), value }
    }

    /// Whether it says what stands at a path, be it that nothing does.
    pub(super) fn covers(&self, path: &[&str]) -> bool {
        self.at.len() <= path.len() && self.begins(path)
    }

    /// What it writes at a path.
    pub(super) fn path(&self, path: &[&str]) -> Option<Json<'a>> {
        if self.covers(path) { self.value.path(path.get(self.at.len()..)?) } else { None }
    }

    /// What it writes of the list at a path: elements, or parts of one.
    pub(super) fn elements(&self, path: &[&str]) -> Vec<Self> {
        if let Some(list) = self.path(path) {
            return list.elements().map(Self::whole).collect();
        }
        // One step more is the place in the list.
        match self.at.get(path.len() + 1..) {
            Some(below) if self.begins(path) => vec![Self { at: below.to_vec(), value: self.value }],
            _ => Vec::new(),
        }
    }

    /// The value, where it stands in place of all that is asked about.
    pub(super) fn itself(&self) -> Option<Json<'a>> {
        self.at.is_empty().then_some(self.value)
    }

    /// Whether the steps are those of the path for as long as both go.
    fn begins(&self, path: &[&str]) -> bool {
        self.at.iter().zip(path).all(|(step, key)| step == key.as_bytes())
    }
}

/// What the request writes of the specification of a pod: for a kind of object that is known, where the API server
/// reads it, and nowhere else, so that a patch cannot show another one to be looked at instead.
pub(super) fn pod_specs<'a>(call: &Call<'a>) -> Vec<Written<'a>> {
    let Some(request) = call.root().get(b"requestObject") else { return Vec::new() };
    let resource = call.root().path(&["objectRef", "resource"]);
    let resource = resource.as_ref().map(Json::text);
    let places = places(resource.as_deref().unwrap_or_default());
    match request.kind() {
        Kind::Object => in_object(&request, places).map(Written::whole).into_iter().collect(),
        Kind::Array => request.elements().flat_map(|operation| in_operation(&operation, places)).collect(),
        _ => Vec::new(),
    }
}

/// Where objects of a resource have the specification of a pod.
fn places(resource: &[u8]) -> &'static [&'static [&'static str]] {
    match resource {
        b"pods" => &[IN_POD],
        b"deployments"
        | b"daemonsets"
        | b"statefulsets"
        | b"replicasets"
        | b"replicationcontrollers"
        | b"jobs" => &[IN_WORKLOAD],
        b"cronjobs" => &[IN_CRON_JOB],
        b"podtemplates" => &[IN_POD_TEMPLATE],
        _ => ANYWHERE,
    }
}

fn in_object<'a>(request: &Json<'a>, places: &[&[&str]]) -> Option<Json<'a>> {
    let mut specs = places.iter().filter_map(|path| request.path(path));
    match places {
        // Before Kubernetes 1.22 `pods/ephemeralcontainers` had an object of its own.
        [place] if *place == IN_POD => {
            specs.next().or_else(|| request.get(b"ephemeralContainers").is_some().then_some(*request))
        }
        [_] => specs.next(),
        _ => specs.find(|spec| CONTAINERS.iter().chain(&["volumes"]).any(|key| is_list(spec, key))),
    }
}

fn is_list(spec: &Json<'_>, key: &str) -> bool {
    spec.get(key.as_bytes()).is_some_and(|list| list.kind() == Kind::Array)
}

/// What an operation of a JSON patch writes at or below some places, or above them with them in it.
fn in_operation<'a>(operation: &Json<'a>, places: &[&[&str]]) -> Vec<Written<'a>> {
    let writes = operation.get(b"op").is_some_and(|op| matches!(&*op.text(), b"add" | b"replace"));
    let (true, Some(path), Some(value)) = (writes, operation.get(b"path"), operation.get(b"value")) else {
        return Vec::new();
    };
    let steps = steps(&path.text());
    let at_place = |place: &&[&str]| {
        let same = steps.iter().zip(*place).all(|(step, key)| step == key.as_bytes());
        match (steps.get(place.len()..), place.get(steps.len()..)) {
            _ if !same => None,
            (Some(below), _) => Some(Written { at: below.to_vec(), value }),
            (None, Some(rest)) => value.path(rest).map(Written::whole),
            (None, None) => None,
        }
    };
    places.iter().filter_map(at_place).collect()
}

/// The steps of a JSON pointer (RFC 6901).
fn steps(pointer: &[u8]) -> Vec<Vec<u8>> {
    let step = |step: &[u8]| {
        let mut decoded = Vec::with_capacity(step.len());
        let mut bytes = step.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            let escaped = match (byte, bytes.peek()) {
                (b'~', Some(b'0')) => Some(b'~'),
                (b'~', Some(b'1')) => Some(b'/'),
                _ => None,
            };
            decoded.push(escaped.unwrap_or(byte));
            if escaped.is_some() {
                bytes.next();
            }
        }
        decoded
    };
    pointer.split(|&byte| byte == b'/').skip(1).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_taken_apart() {
        let texts = |pointer: &str| -> Vec<String> {
            steps(pointer.as_bytes()).into_iter().map(|step| String::from_utf8(step).unwrap()).collect()
        };
        assert_eq!(texts("/spec/containers/-"), ["spec", "containers", "-"]);
        assert_eq!(texts("/a~1b/~01/~"), ["a/b", "~1", "~"]);
        assert_eq!(texts("/"), [""]);
        assert!(texts("").is_empty() && texts("spec").is_empty());
    }
}
