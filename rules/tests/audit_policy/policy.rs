//! Which part of a request an API server records under an audit policy, after the documentation of
//! audit.k8s.io/v1 and kube-apiserver's own `ruleMatches`: the first rule that fits decides.

use serde::Deserialize;
use serde_json::{Value, json};

/// A policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Policy {
    #[serde(rename = "apiVersion")]
    _api_version: String,
    #[serde(rename = "kind")]
    _kind: String,
    #[serde(default)]
    omit_stages: Vec<String>,
    #[serde(default)]
    omit_managed_fields: bool,
    rules: Vec<Rule>,
}

/// One of its rules. What is empty fits everything.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Rule {
    level: Level,
    users: Vec<String>,
    user_groups: Vec<String>,
    verbs: Vec<String>,
    resources: Vec<Group>,
    namespaces: Vec<String>,
    #[serde(rename = "nonResourceURLs")]
    non_resource_urls: Vec<String>,
    omit_stages: Vec<String>,
}

/// Resources of one API group.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Group {
    group: String,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

/// How much is recorded.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Level {
    #[default]
    None,
    Metadata,
    Request,
    RequestResponse,
}

impl Policy {
    /// Reads one.
    pub fn parse(yaml: &str) -> Self {
        let file = config::File::from_str(yaml, config::FileFormat::Yaml);
        config::Config::builder().add_source(file).build().unwrap().try_deserialize().unwrap()
    }

    /// How many rules it has.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// The number of the rule that decides about an event, and what is recorded of it.
    pub fn recorded(&self, event: &Value) -> (Option<usize>, Option<Value>) {
        let Some((at, rule)) = self.rules.iter().enumerate().find(|(_, rule)| rule.fits(event)) else {
            return (None, None);
        };
        let stage = text(event, "/stage");
        let is_left_out = rule.level == Level::None
            || self.omit_stages.iter().chain(&rule.omit_stages).any(|omitted| omitted == stage);
        (Some(at), (!is_left_out).then(|| self.cut(event, rule.level)))
    }

    fn cut(&self, event: &Value, level: Level) -> Value {
        let mut event = event.clone();
        event["level"] = json!(format!("{level:?}"));
        let object = event.as_object_mut().unwrap();
        for (key, needed) in [("requestObject", Level::Request), ("responseObject", Level::RequestResponse)] {
            if level < needed {
                object.remove(key);
            } else if let Some(body) = object.get_mut(key).filter(|_| self.omit_managed_fields) {
                without_managed_fields(body);
            }
        }
        event
    }
}

impl Rule {
    fn fits(&self, event: &Value) -> bool {
        let has = |list: &[String], text: &str| list.iter().any(|entry| entry == text);
        let groups = event.pointer("/user/groups").and_then(Value::as_array).cloned().unwrap_or_default();
        let in_group = || groups.iter().any(|group| has(&self.user_groups, group.as_str().unwrap()));
        // A request without a user fits no list of users.
        if !self.users.is_empty() && !has(&self.users, text(event, "/user/username"))
            || !self.user_groups.is_empty() && !in_group()
            || !self.verbs.is_empty() && !has(&self.verbs, text(event, "/verb"))
        {
            return false;
        }
        let is_resource = event.get("objectRef").is_some();
        if !self.namespaces.is_empty() || !self.resources.is_empty() {
            let in_namespace =
                self.namespaces.is_empty() || has(&self.namespaces, text(event, "/objectRef/namespace"));
            let is_listed = self.resources.is_empty() || self.resources.iter().any(|group| group.fits(event));
            return is_resource && in_namespace && is_listed;
        }
        if !self.non_resource_urls.is_empty() {
            let uri = text(event, "/requestURI");
            let path = uri.split('?').next().unwrap();
            let is_path = |pattern: &String| match pattern.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => path == pattern,
            };
            return !is_resource && self.non_resource_urls.iter().any(is_path);
        }
        true
    }
}

impl Group {
    fn fits(&self, event: &Value) -> bool {
        let (resource, part) = (text(event, "/objectRef/resource"), text(event, "/objectRef/subresource"));
        let whole = if part.is_empty() { resource.to_owned() } else { format!("{resource}/{part}") };
        let is_named = self.resource_names.is_empty()
            || self.resource_names.iter().any(|name| name == text(event, "/objectRef/name"));
        let fits = |pattern: &String| {
            *pattern == whole
                || pattern == "*"
                || !part.is_empty() && pattern.strip_prefix("*/") == Some(part)
                || pattern.strip_suffix("/*") == Some(resource)
        };
        self.group == text(event, "/objectRef/apiGroup")
            && (self.resources.is_empty() || is_named && self.resources.iter().any(fits))
    }
}

/// Of an object and of those in a list.
fn without_managed_fields(body: &mut Value) {
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    let items = body.get_mut("items").and_then(Value::as_array_mut);
    items.into_iter().flatten().for_each(without_managed_fields);
}

fn text<'e>(event: &'e Value, pointer: &str) -> &'e str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
