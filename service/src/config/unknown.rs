//! Keys that nobody knows: each is a problem, with the nearest known one.

use serde_json::Value;

use super::layers::Merged;
use super::{KeyPath, Problem, Shape};

/// Takes out the sections of other programs.
pub(crate) fn remove_foreign(merged: &mut Merged, shape: &Shape) {
    if let Value::Object(sections) = &mut merged.tree {
        sections.retain(|name, _| !shape.foreign.contains(&name.as_str()));
    }
}

/// Takes out keys that the defaults do not have, each with a problem.
pub(crate) fn remove(merged: &mut Merged, defaults: &Value, shape: &Shape, problems: &mut Vec<Problem>) {
    let mut unknown = Vec::new();
    find(&merged.tree, defaults, &KeyPath::default(), shape, &mut unknown);
    for (path, near) in unknown {
        let help = near.or_else(|| elsewhere(&path, defaults)).map(|near| format!("did you mean {near}?"));
        problems.push(Problem::at(path.clone(), "unknown key").maybe_help(help).or_from(merged));
        path.remove(&mut merged.tree);
    }
}

/// Unknown keys, each with the nearest of its neighbours.
fn find(
    tree: &Value,
    known: &Value,
    path: &KeyPath,
    shape: &Shape,
    into: &mut Vec<(KeyPath, Option<String>)>,
) {
    let Value::Object(table) = tree else { return };
    if let Some(map) = shape.open_map_at(path) {
        for (name, entry) in table {
            // Where the type is unknown too, that is reported, and nobody can say which keys it has.
            if let Some(model) = map.model_of(entry) {
                find(entry, model, &path.key(name), shape, into);
            }
        }
        return;
    }
    // An empty table among the defaults is one in which people write what they like.
    let Some(known) = known.as_object().filter(|known| !known.is_empty()) else { return };
    let is_entry = path.parent().is_some_and(|parent| shape.open_map_at(&parent).is_some());
    for (key, value) in table {
        match known.get(key) {
            Some(known) => find(value, known, &path.key(key), shape, into),
            None if is_entry && key == "type" => {}
            None => {
                let near = closest(key, known.keys().map(String::as_str));
                into.push((path.key(key), near.map(|near| path.key(near).to_string())));
            }
        }
    }
}

/// The one of `known` that was probably meant.
pub(crate) fn closest<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let distances = known.map(|known| (strsim::damerau_levenshtein(written, known), known));
    let (distance, near) = distances.min()?;
    (distance <= 1 + written.len() / 5).then_some(near)
}

/// The same key in another section.
fn elsewhere(path: &KeyPath, defaults: &Value) -> Option<String> {
    fn search(tree: &Value, at: &KeyPath, key: &str) -> Option<KeyPath> {
        let table = tree.as_object()?;
        let here = table.contains_key(key).then(|| at.key(key));
        here.or_else(|| table.iter().find_map(|(name, value)| search(value, &at.key(name), key)))
    }
    search(defaults, &KeyPath::default(), path.last_key()?).map(|found| found.to_string())
}
