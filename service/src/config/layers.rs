//! The layers, and how they become one value that remembers where each part came from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use config::{Config, ConfigError, File, FileFormat, Source, ValueKind};
use serde_json::{Map, Number, Value};

use super::{KeyPath, Problem, Shape, Sources, environment};

/// The merged settings, not yet of their types.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) tree: Value,
    /// Text that need not be text: it came from where nothing but text can be written.
    pub(crate) loose: BTreeSet<KeyPath>,
    pub(crate) problems: Vec<Problem>,
    origins: BTreeMap<KeyPath, String>,
}

impl Merged {
    /// Where the value came from, or what is above it or below it; `None` for defaults.
    pub(crate) fn origin(&self, path: &KeyPath) -> Option<&str> {
        let above = std::iter::successors(Some(path.clone()), KeyPath::parent)
            .find_map(|path| self.origins.get(&path));
        let below =
            || self.origins.iter().find(|(known, _)| known.starts_with(path)).map(|(_, origin)| origin);
        above.or_else(below).map(String::as_str)
    }
}

/// Merges all layers. What cannot be read is a problem, and the others are merged without it.
pub(crate) fn merge(defaults: &Value, shape: &Shape, sources: &Sources) -> Merged {
    let mut merged = Merged::default();
    let file = sources.file.as_ref().map(|path| read_file(path));
    let file = match file.transpose() {
        Ok(file) => file.unwrap_or_default(),
        Err(problem) => {
            merged.problems.push(problem);
            Value::default()
        }
    };
    let file = normalised(file, defaults, shape);
    let mut builder = Config::builder().add_source(Layer::new(defaults, None));
    if let Some(path) = &sources.file {
        builder = builder.add_source(Layer::new(&file, Some(path.display().to_string())));
    }
    let (variables, problems) = environment::settings(&sources.environment, defaults, shape, &file);
    merged.problems.extend(problems);
    let flags = sources.flags.iter().map(|flag| (&flag.name, &flag.path, flag.value.clone()));
    let single = variables
        .iter()
        .map(|found| (&found.name, &found.path, Value::from(found.text.as_str())))
        .chain(flags);
    for (name, path, value) in single {
        merged.loose.insert(path.clone());
        let mut tree = Value::default();
        path.set(&mut tree, value);
        builder = builder.add_source(Layer::new(&tree, Some(name.clone())));
    }
    match builder.build().and_then(|config| config.collect()) {
        Ok(table) => merged.tree = merged.take(&KeyPath::default(), &config::Value::from(table)),
        Err(error) => merged.problems.push(Problem::with_source("merging", error.to_string())),
    }
    merged
}

impl Merged {
    /// Turns a value of the `config` crate into one of `serde_json`, whose type errors are strict and clear, and notes
    /// the origins.
    fn take(&mut self, path: &KeyPath, value: &config::Value) -> Value {
        if let Some(origin) = value.origin() {
            self.origins.insert(path.clone(), origin.to_owned());
        }
        match &value.kind {
            ValueKind::Nil => Value::Null,
            ValueKind::Boolean(flag) => Value::Bool(*flag),
            ValueKind::I64(number) => Value::from(*number),
            ValueKind::U64(number) => Value::from(*number),
            ValueKind::I128(number) => Value::from(number.to_string()),
            ValueKind::U128(number) => Value::from(number.to_string()),
            ValueKind::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
            ValueKind::String(text) => Value::from(text.as_str()),
            ValueKind::Array(items) => {
                items.iter().enumerate().map(|(index, item)| self.take(&path.item(index), item)).collect()
            }
            ValueKind::Table(table) => Value::Object(
                table.iter().map(|(key, item)| (key.clone(), self.take(&path.key(key), item))).collect(),
            ),
        }
    }
}

fn read_file(path: &Path) -> Result<Value, Problem> {
    let problem = |message: String| Problem::with_source(path.display().to_string(), message);
    let text = std::fs::read_to_string(path).map_err(|error| problem(format!("cannot read it: {error}")))?;
    let table = File::from_str(&text, FileFormat::Yaml).collect().map_err(|error| match error {
        ConfigError::FileParse { cause, .. } => match cause.to_string() {
            cause if cause.starts_with("invalid type") => {
                problem("is a list or a value, not a table of settings".to_owned())
            }
            cause => problem(format!("is not YAML: {cause}")),
        },
        other => problem(other.to_string()),
    })?;
    // Origins do not matter here: the whole file gets one.
    Ok(Merged::default().take(&KeyPath::default(), &config::Value::from(table)))
}

/// Spells short forms out, and takes a section that is left empty for one that is left out.
fn normalised(mut file: Value, defaults: &Value, shape: &Shape) -> Value {
    for (path, key) in &shape.shorthands {
        if let Some(value) = path.find_mut(&mut file)
            && !value.is_object()
            && !value.is_null()
        {
            let long = Map::from_iter([((*key).to_owned(), value.take())]);
            *value = Value::Object(long);
        }
    }
    without_empty_sections(&mut file, defaults);
    file
}

fn without_empty_sections(file: &mut Value, defaults: &Value) {
    if let (Value::Object(table), Value::Object(known)) = (file, defaults) {
        table.retain(|key, value| !(value.is_null() && known.get(key).is_some_and(Value::is_object)));
        for (key, value) in table {
            known.get(key).into_iter().for_each(|known| without_empty_sections(value, known));
        }
    }
}

/// A tree with one origin for all that is in it.
#[derive(Debug, Clone)]
struct Layer(HashMap<String, config::Value>);

impl Layer {
    fn new(tree: &Value, origin: Option<String>) -> Self {
        match labelled(tree, origin.as_ref()).kind {
            ValueKind::Table(table) => Self(table),
            _ => Self(HashMap::new()),
        }
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<HashMap<String, config::Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

fn labelled(value: &Value, origin: Option<&String>) -> config::Value {
    let kind = match value {
        Value::Null => ValueKind::Nil,
        Value::Bool(flag) => ValueKind::Boolean(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => ValueKind::I64(number),
            (None, Some(number)) => ValueKind::U64(number),
            (None, None) => ValueKind::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => ValueKind::String(text.clone()),
        Value::Array(items) => ValueKind::Array(items.iter().map(|item| labelled(item, origin)).collect()),
        Value::Object(table) => {
            ValueKind::Table(table.iter().map(|(key, item)| (key.clone(), labelled(item, origin))).collect())
        }
    };
    config::Value::new(origin, kind)
}
