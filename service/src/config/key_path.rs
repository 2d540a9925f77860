//! [`KeyPath`]: the way to a setting, as `notifier.sinks.ops.url` or `evaluator.rules[0]`.

use std::fmt;

use serde_json::{Map, Value};

/// The way to a setting from the root of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Item(usize),
}

impl KeyPath {
    /// From keys with dots between them; for keys that we chose ourselves.
    pub fn parse(dotted: &str) -> Self {
        Self(dotted.split('.').filter(|key| !key.is_empty()).map(|key| Step::Key(key.to_owned())).collect())
    }

    pub(crate) fn from_error(path: &serde_path_to_error::Path) -> Self {
        use serde_path_to_error::Segment;
        let steps = path.iter().map_while(|segment| match segment {
            Segment::Seq { index } => Some(Step::Item(*index)),
            Segment::Map { key } | Segment::Enum { variant: key } => Some(Step::Key(key.clone())),
            Segment::Unknown => None,
        });
        Self(steps.collect())
    }

    pub(crate) fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    pub(crate) fn item(&self, index: usize) -> Self {
        self.with(Step::Item(index))
    }

    pub(crate) fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn starts_with(&self, ancestor: &Self) -> bool {
        self.0.starts_with(&ancestor.0)
    }

    /// The keys, for the name of a variable.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) => None,
        })
    }

    pub(crate) fn last_key(&self) -> Option<&str> {
        self.keys().last()
    }

    pub(crate) fn find<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(root, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Item(index) => value.get(index),
        })
    }

    pub(crate) fn find_mut<'v>(&self, root: &'v mut Value) -> Option<&'v mut Value> {
        self.0.iter().try_fold(root, |value, step| match step {
            Step::Key(key) => value.get_mut(key),
            Step::Item(index) => value.get_mut(index),
        })
    }

    /// Sets what is there, making the tables on the way.
    pub(crate) fn set(&self, root: &mut Value, new: Value) {
        let mut place = root;
        for key in self.keys() {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(table) = place else { return };
            place = table.entry(key).or_insert(Value::Null);
        }
        *place = new;
    }

    /// Takes it out of its table or list.
    pub(crate) fn remove(&self, root: &mut Value) {
        let Some((last, rest)) = self.0.split_last() else { return };
        let Some(parent) = Self(rest.to_vec()).find_mut(root) else { return };
        match (last, parent) {
            (Step::Key(key), Value::Object(table)) => drop(table.remove(key)),
            (Step::Item(index), Value::Array(list)) if *index < list.len() => drop(list.remove(*index)),
            _ => {}
        }
    }

    /// The path this was before `gone` was taken out of a list above it.
    pub(crate) fn moved_down_by(mut self, gone: &Self) -> Self {
        if let Some((Step::Item(index), list)) = gone.0.split_last()
            && let Some((above, [Step::Item(place), ..])) = self.0.split_at_mut_checked(list.len())
            && above == list
            && *place >= *index
        {
            *place += 1;
        }
        self
    }

    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if index == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(item) => write!(f, "[{item}]")?,
            }
        }
        Ok(())
    }
}
