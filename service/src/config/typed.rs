//! From the merged tree to the typed settings, past the first mistake: what is wrong is reported, replaced by its
//! default, and the rest is looked at again.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::layers::Merged;
use super::{KeyPath, Problem};

/// More mistakes than anybody makes at once.
const ENOUGH: usize = 200;

struct Mistake {
    path: KeyPath,
    message: String,
}

/// The settings, as far as they can be read; what cannot be is among the problems.
pub(crate) fn read<T: DeserializeOwned>(
    merged: &mut Merged,
    defaults: &Value,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let mut taken_out = TakenOut::default();
    for _ in 0..ENOUGH {
        let mistake = match attempt::<T>(&merged.tree) {
            Ok(settings) => return Some(settings),
            Err(mistake) => located::<T>(&merged.tree, defaults, mistake),
        };
        if let Some(tree) = reread::<T>(merged, defaults, &mistake.path) {
            merged.tree = tree;
            continue;
        }
        let Mistake { path, message } = mistake;
        let written = taken_out.place_before(&path);
        if !taken_out.explains(&written, &message) {
            problems.push(Problem::at(written.clone(), in_plain_words(&message)).or_from(merged));
        }
        if path.is_root() {
            return None;
        }
        if restore(&mut merged.tree, defaults, &path) == Restored::TakenOut {
            taken_out.0.push(written);
        }
    }
    None
}

/// What was taken out of the tree, by the paths it had before anything was.
#[derive(Default)]
struct TakenOut(Vec<KeyPath>);

impl TakenOut {
    /// The path as people wrote it: items after one that was taken out have moved up.
    fn place_before(&self, path: &KeyPath) -> KeyPath {
        let mut gone: Vec<&KeyPath> = self.0.iter().collect();
        gone.sort();
        gone.into_iter().fold(path.clone(), |path, gone| path.moved_down_by(gone))
    }

    /// Whether something is missing, or makes no sense as a whole, only since it or a part of it was taken out.
    fn explains(&self, path: &KeyPath, message: &str) -> bool {
        match message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            Some(field) => self.0.contains(&path.key(field)),
            None => self.0.iter().any(|gone| gone != path && gone.starts_with(path)),
        }
    }
}

/// Serde speaks of Rust's types; people who write settings need not know them.
fn in_plain_words(message: &str) -> String {
    let Some((found, expected)) = message.rsplit_once(", expected ") else { return message.to_owned() };
    let plain = match expected {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number",
        "isize" | "i64" | "i32" | "i16" | "i8" => "a whole number, perhaps negative",
        "f64" | "f32" => "a number",
        "a sequence" => "a list",
        "a map" => "a table",
        "a boolean" => "true or false",
        named if named.starts_with("struct ") => "a table",
        other => other,
    };
    let found = match found {
        "invalid type: sequence" => "invalid type: list",
        "invalid type: map" => "invalid type: table",
        other => other,
    };
    format!("{found}, expected {plain}")
}

fn attempt<T: DeserializeOwned>(tree: &Value) -> Result<T, Mistake> {
    serde_path_to_error::deserialize(tree).map_err(|error| {
        let (path, message) = (KeyPath::from_error(error.path()), error.inner().to_string());
        match unknown_field(&message) {
            Some((field, help)) if path.last_key() != Some(&field) => {
                Mistake { path: path.key(&field), message: format!("unknown key{help}") }
            }
            Some((_, help)) => Mistake { path, message: format!("unknown key{help}") },
            None => Mistake { path, message },
        }
    })
}

/// Serde's own words about an unknown key, in structures that the defaults do not show.
fn unknown_field(message: &str) -> Option<(String, String)> {
    let (field, rest) = message.strip_prefix("unknown field `")?.split_once('`')?;
    Some((field.to_owned(), rest.to_owned()))
}

/// Text that need not be text, read as a number, a truth value, or a list with commas.
fn reread<T: DeserializeOwned>(merged: &Merged, defaults: &Value, path: &KeyPath) -> Option<Value> {
    let text = path.find(&merged.tree)?.as_str().filter(|_| merged.loose.contains(path))?;
    let scalar =
        serde_json::from_str(text).ok().filter(|value: &Value| value.is_number() || value.is_boolean());
    let list = text.split(',').map(|item| Value::from(item.trim())).collect();
    scalar.into_iter().chain([list]).find_map(|reading: Value| {
        let is_list = reading.is_array();
        let mut tree = merged.tree.clone();
        *path.find_mut(&mut tree)? = reading;
        let better = match attempt::<T>(&tree).map_err(|next| located::<T>(&tree, defaults, next)) {
            Ok(_) => true,
            Err(next) => !next.path.starts_with(path) || (is_list && next.path != *path),
        };
        better.then_some(tree)
    })
}

/// Serde loses its way in tagged enums, and names only the entry: the key to blame is the one without which the mistake
/// is gone.
fn located<T: DeserializeOwned>(tree: &Value, defaults: &Value, mistake: Mistake) -> Mistake {
    let Some(Value::Object(table)) = mistake.path.find(tree) else { return mistake };
    if mistake.message.starts_with("missing field") {
        return mistake;
    }
    let mut needed = None;
    // The type last: without it every mistake is another one.
    for key in table
        .keys()
        .filter(|key| *key != "type")
        .chain(table.contains_key("type").then_some(&TYPE.to_owned()))
    {
        let path = mistake.path.key(key);
        let mut without = tree.clone();
        restore(&mut without, defaults, &path);
        match attempt::<T>(&without) {
            Err(next) if next.path == mistake.path && next.message == mistake.message => {}
            Err(next) if next.message == format!("missing field `{key}`") => needed = needed.or(Some(path)),
            _ => return located::<T>(tree, defaults, Mistake { path, message: mistake.message }),
        }
    }
    match needed {
        Some(path) => Mistake { path, message: mistake.message },
        None => mistake,
    }
}

const TYPE: &str = "type";

#[derive(PartialEq)]
enum Restored {
    Default,
    TakenOut,
}

/// Puts the default back, or takes the value out where there is none.
fn restore(tree: &mut Value, defaults: &Value, path: &KeyPath) -> Restored {
    if let (Some(default), Some(place)) = (path.find(defaults), path.find_mut(tree))
        && default != place
    {
        *place = default.clone();
        return Restored::Default;
    }
    path.remove(tree);
    Restored::TakenOut
}
