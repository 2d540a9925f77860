//! From the names of environment variables to settings: `SAKER_INGEST_LISTEN` is `ingest.listen`.

use serde_json::Value;

use super::{KeyPath, OpenMap, Problem, Shape};
use crate::config::unknown::closest;

const PREFIX: &str = "SAKER_";

/// Variables that are read elsewhere.
const OTHERS: [&str; 2] = ["SAKER_CONFIG", "SAKER_SEND_TOKEN"];

/// A variable that sets a key.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) path: KeyPath,
    pub(crate) text: String,
}

/// What the variables set, and those that set nothing we know. An empty variable counts as unset, since that is all
/// that a compose file can do to leave one out.
pub(crate) fn settings(
    environment: &[(String, String)],
    defaults: &Value,
    shape: &Shape,
    file: &Value,
) -> (Vec<Found>, Vec<Problem>) {
    let ours = environment.iter().filter(|(name, text)| {
        name.starts_with(PREFIX)
            && !text.is_empty()
            && !OTHERS.contains(&name.as_str())
            && !is_foreign(name, shape)
    });
    let mut known = names_of(defaults, &KeyPath::default());
    known.extend(shape.shorthands.iter().map(|(path, key)| (name_of(path), path.key(key))));
    for map in &shape.open_maps {
        known.extend(names_in(map, environment, [defaults, file]));
    }
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (name, text) in ours {
        match known.iter().find(|(known, _)| known == name) {
            Some((_, path)) => {
                found.push(Found { name: name.clone(), path: path.clone(), text: text.clone() })
            }
            None if is_of_kubernetes(name, text) => {}
            None => problems.push(unknown(name, &known, shape)),
        }
    }
    // Order does not depend on that of the environment; the longer form of a key comes last and so wins.
    found.sort_by(|a, b| a.name.cmp(&b.name));
    (found, problems)
}

/// `SAKER_` and the keys in upper case, joined by `_`.
fn name_of(path: &KeyPath) -> String {
    let keys: Vec<String> = path.keys().map(screaming).collect();
    format!("{PREFIX}{}", keys.join("_"))
}

fn screaming(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// The names of all single values of a tree.
fn names_of(tree: &Value, path: &KeyPath) -> Vec<(String, KeyPath)> {
    match tree {
        Value::Object(table) if !table.is_empty() => {
            table.iter().flat_map(|(key, value)| names_of(value, &path.key(key))).collect()
        }
        _ => vec![(name_of(path), path.clone())],
    }
}

/// The names for the entries of an open map. Entries are those that stand in the trees, and those that a variable gives
/// a `_TYPE`.
fn names_in(map: &OpenMap, environment: &[(String, String)], trees: [&Value; 2]) -> Vec<(String, KeyPath)> {
    let written = trees
        .into_iter()
        .filter_map(|tree| map.path.find(tree)?.as_object())
        .flat_map(|table| table.iter().map(|(name, entry)| (name.clone(), map.model_of(entry).cloned())));
    let mut entries: Vec<(String, Option<Value>)> = written.collect();
    let prefix = format!("{}_", name_of(&map.path));
    for (name, kind) in environment {
        let Some(entry) = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix("_TYPE")) else {
            continue;
        };
        let model = map.kinds.iter().find(|(known, _)| known == kind).map(|(_, model)| model.clone());
        match entries.iter_mut().find(|(known, _)| screaming(known) == entry) {
            Some((_, known)) => *known = model.or_else(|| known.take()),
            None => entries.push((entry.to_ascii_lowercase(), model)),
        }
    }
    let of_entry = |(name, model): (String, Option<Value>)| {
        let path = map.path.key(&name);
        let models = model
            .map_or_else(|| map.kinds.iter().map(|(_, model)| model.clone()).collect(), |model| vec![model]);
        let keys = models.into_iter().flat_map({
            let path = path.clone();
            move |model| names_of(&model, &path)
        });
        keys.chain([(name_of(&path.key("type")), path.key("type"))]).collect::<Vec<_>>()
    };
    entries.into_iter().flat_map(of_entry).collect()
}

fn unknown(name: &str, known: &[(String, KeyPath)], shape: &Shape) -> Problem {
    let entry_of = shape.open_maps.iter().find(|map| name.starts_with(&format!("{}_", name_of(&map.path))));
    let near = closest(name, known.iter().map(|(known, _)| known.as_str()))
        .map(|near| format!("did you mean {near}?"));
    let entry = entry_of
        .map(|map| format!("a new entry needs its type as well, as {}_NAME_TYPE", name_of(&map.path)));
    let help = [near, entry].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let help = Some(help).filter(|help| !help.is_empty());
    Problem::with_source(name, "unknown environment variable").maybe_help(help)
}

fn is_foreign(name: &str, shape: &Shape) -> bool {
    shape.foreign.iter().any(|section| {
        name.strip_prefix(PREFIX)
            .and_then(|rest| rest.strip_prefix(&screaming(section)))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    })
}

/// Whether it is one of those that Kubernetes sets in every pod for each Service of the namespace, as
/// `SAKER_INGEST_SERVICE_HOST` and `SAKER_INGEST_PORT_8765_TCP_ADDR` for a Service named `saker-ingest`.
fn is_of_kubernetes(name: &str, text: &str) -> bool {
    let Some((_, rest)) = name.split_once('_') else { return false };
    let rest = format!("_{rest}");
    rest.ends_with("_SERVICE_HOST")
        || rest.contains("_SERVICE_PORT")
        || (rest.ends_with("_PORT") && text.contains("://"))
        || ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| rest.contains("_PORT_") && rest.contains(protocol))
}
