//! [`Shape`]: what the serialised default alone does not tell about the keys.

use serde_json::Value;

use super::KeyPath;

/// What the serialised default alone does not tell about the keys.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    pub(crate) shorthands: Vec<(KeyPath, &'static str)>,
    pub(crate) foreign: Vec<&'static str>,
    pub(crate) open_maps: Vec<OpenMap>,
}

/// A map whose keys people choose, and whose entries are of several kinds, told apart by their key `type`.
#[derive(Debug, Clone)]
pub struct OpenMap {
    pub(crate) path: KeyPath,
    pub(crate) kinds: Vec<(String, Value)>,
}

impl Shape {
    /// The sections `bus`, `log`, `admin` and `traces`, which every program has, with their short forms.
    pub fn common() -> Self {
        let short = [("bus", "address"), ("log", "level"), ("admin", "listen"), ("traces", "endpoint")];
        short.into_iter().fold(Self::default(), |shape, (section, key)| shape.shorthand(section, key))
    }

    /// A single value at `path` is short for a table with only this key.
    #[must_use]
    pub fn shorthand(mut self, path: &str, key: &'static str) -> Self {
        self.shorthands.push((KeyPath::parse(path), key));
        self
    }

    /// Sections of other programs, which may stand in the same file, unread.
    #[must_use]
    pub fn foreign(mut self, sections: impl IntoIterator<Item = &'static str>) -> Self {
        self.foreign.extend(sections);
        self
    }

    /// A map whose keys people choose.
    #[must_use]
    pub fn open_map(mut self, map: OpenMap) -> Self {
        self.open_maps.push(map);
        self
    }

    pub(crate) fn open_map_at(&self, path: &KeyPath) -> Option<&OpenMap> {
        self.open_maps.iter().find(|map| map.path == *path)
    }
}

impl OpenMap {
    /// `kinds`: for each value of `type`, a serialised entry of it that has all its keys.
    pub fn new(path: &str, kinds: Vec<(String, Value)>) -> Self {
        Self { path: KeyPath::parse(path), kinds }
    }

    /// The entry that shows the keys of this one, where its type is known.
    pub(crate) fn model_of(&self, entry: &Value) -> Option<&Value> {
        let kind = entry.get("type")?.as_str()?;
        self.kinds.iter().find(|(name, _)| name == kind).map(|(_, model)| model)
    }
}
