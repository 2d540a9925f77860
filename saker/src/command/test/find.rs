//! Which examples are run, and against which rules.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rules::SourceFile;
use rules::examples::{self, BaseEvents, ExampleFile, Given, is_example_file};

/// Directories inside one another that are searched.
const DEEPEST: usize = 32;

/// How long a file of examples, or an event in a file of its own, may be.
const LARGEST: u64 = 16 << 20;

/// What the command line asks for.
pub(super) struct Wanted<'a> {
    pub(super) files: &'a [PathBuf],
    pub(super) rules: &'a [String],
    pub(super) rule: Option<&'a str>,
}

/// A file of examples and the rules it is held against.
pub(super) struct Suite {
    pub(super) examples: ExampleFile,
    /// Paths and `builtin`, as the rules are to be loaded.
    pub(super) rules: Vec<String>,
    /// Why the whole file cannot be used.
    pub(super) unusable: Option<String>,
}

/// Where examples are read from.
enum Place {
    Shipped(SourceFile),
    File(PathBuf),
    /// There is nothing to read.
    Nowhere {
        name: String,
        why: String,
    },
}

/// Every file of examples that is asked for, in order.
pub(super) fn suites(wanted: &Wanted<'_>) -> Vec<Suite> {
    let events = BaseEvents::builtin();
    let mut suites: Vec<Suite> =
        places(wanted).into_iter().map(|place| suite(place, wanted.rules, &events)).collect();
    if let Some(pattern) = wanted.rule {
        for suite in &mut suites {
            suite.examples.examples.retain(|example| is_like(pattern, &example.rule));
        }
        suites.retain(|suite| !suite.is_idle());
        if suites.is_empty() {
            let why = format!("error: no example is about a rule `{pattern}`\n");
            suites.push(Suite::nowhere(pattern.to_owned(), why));
        }
    }
    suites
}

impl Suite {
    fn nowhere(name: String, why: String) -> Self {
        let file = SourceFile { name, text: String::new() };
        Self { examples: ExampleFile::unread(file), rules: Vec::new(), unusable: Some(why) }
    }

    /// Whether it has neither anything to run nor anything to tell.
    fn is_idle(&self) -> bool {
        self.unusable.is_none() && self.examples.examples.is_empty() && self.examples.mistakes.is_empty()
    }
}

fn places(wanted: &Wanted<'_>) -> Vec<Place> {
    if !wanted.files.is_empty() {
        return wanted.files.iter().flat_map(|path| below(path)).collect();
    }
    if wanted.rules.is_empty() {
        return shipped().collect();
    }
    let beside = |source: &String| match source.as_str() {
        "builtin" => shipped().collect(),
        path if Path::new(path).is_dir() => below(Path::new(path)),
        path => vec![beside_rules(Path::new(path))],
    };
    wanted.rules.iter().flat_map(beside).collect()
}

fn shipped() -> impl Iterator<Item = Place> {
    examples::shipped().into_iter().map(Place::Shipped)
}

/// The examples that belong to a file of rules.
fn beside_rules(rules: &Path) -> Place {
    let mut candidates = ["test.yaml", "test.yml"].into_iter().map(|ending| rules.with_extension(ending));
    match candidates.find(|path| path.is_file()) {
        Some(path) => Place::File(path),
        None => {
            let path = rules.with_extension("test.yaml");
            let why = format!(
                "error: {} has no examples: there is no {} beside it\n",
                rules.display(),
                path.file_name().unwrap_or_default().to_string_lossy()
            );
            Place::Nowhere { name: path.display().to_string(), why }
        }
    }
}

/// A file, or the files of examples that a directory holds.
fn below(path: &Path) -> Vec<Place> {
    if !path.is_dir() {
        return vec![Place::File(path.to_owned())];
    }
    let mut found = Vec::new();
    let nowhere = |why: String| vec![Place::Nowhere { name: path.display().to_string(), why }];
    match search(path, &mut found, DEEPEST) {
        Err(error) => nowhere(format!("error: cannot search {}: {error}\n", path.display())),
        Ok(()) if found.is_empty() => nowhere(format!(
            "error: there are no examples in {}: those of rules in mine.yaml are in mine.test.yaml beside it\n",
            path.display()
        )),
        Ok(()) => found.into_iter().map(Place::File).collect(),
    }
}

/// By name, directories too; hidden ones and links to directories are left out.
fn search(directory: &Path, found: &mut Vec<PathBuf>, depth: usize) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if entry.file_type()?.is_dir() {
            if depth > 0 && !name.starts_with('.') {
                search(&path, found, depth - 1)?;
            }
        } else if is_example_file(&name) && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

fn suite(place: Place, rules: &[String], events: &BaseEvents) -> Suite {
    let (file, path) = match place {
        Place::Nowhere { name, why } => return Suite::nowhere(name, why),
        Place::Shipped(file) => (file, None),
        Place::File(path) => match read(&path) {
            Ok(text) => (SourceFile { name: path.display().to_string(), text }, Some(path)),
            Err(error) => {
                let name = path.display().to_string();
                let why = format!("error: cannot read examples from {name}: {error}\n");
                return Suite::nowhere(name, why);
            }
        },
    };
    let directory = path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let open = |name: &str| read(&directory.join(name)).map_err(|error| error.to_string());
    let examples = examples::read(&file, Given { events, open: &open });
    let from = match (&path, rules) {
        (_, [_, ..]) => Ok(rules.to_vec()),
        (None, []) => Ok(vec!["builtin".to_owned()]),
        (Some(path), []) => rules_of(&examples, path),
    };
    match from {
        Ok(rules) => Suite { examples, rules, unusable: None },
        Err(why) => Suite { examples, rules: Vec::new(), unusable: Some(why) },
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    let fits = u64::try_from(text.len()).is_ok_and(|length| length <= LARGEST);
    if fits { Ok(text) } else { Err(io::Error::other(format!("longer than {} MiB", LARGEST >> 20))) }
}

/// The rules that a file of examples names, or stands beside.
fn rules_of(examples: &ExampleFile, path: &Path) -> Result<Vec<String>, String> {
    let directory = path.parent().unwrap_or(Path::new(""));
    if !examples.rules.is_empty() {
        let source = |rule: &String| match rule.as_str() {
            "builtin" => rule.clone(),
            rule => directory.join(rule).display().to_string(),
        };
        return Ok(examples.rules.iter().map(source).collect());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = [".test.yaml", ".test.yml"].iter().find_map(|ending| name.strip_suffix(ending));
    let beside = |stem: &str| {
        let mut candidates = ["yaml", "yml"].into_iter().map(|ending| format!("{stem}.{ending}"));
        candidates.find(|name| directory.join(name).is_file())
    };
    if let Some(rules) = stem.and_then(beside) {
        return Ok(vec![directory.join(rules).display().to_string()]);
    }
    // Of a file that holds no examples at all more useful things are told.
    if examples.examples.is_empty() && !examples.mistakes.is_empty() {
        return Err(String::new());
    }
    let missing = match stem {
        Some(stem) => format!("there is no {stem}.yaml beside it"),
        None => "a name like mine.test.yaml would say mine.yaml".to_owned(),
    };
    let help = "  = help: name them with --rules, or in the file: `rules: [mine.yaml]` above `examples:`";
    Err(format!("error: which rules are the examples in {} about? {missing}\n{help}\n", path.display()))
}

/// Whether a name matches a pattern in which `*` stands for any text.
fn is_like(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let (between, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for literal in between.split('*') {
        let Some((_, behind)) = name.split_once(literal) else { return false };
        name = behind;
    }
    name.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for pattern in ["Secret Read", "*", "Secret*", "*Read", "S*e*R*d", "*e*", "Secret Read*", "**"] {
            assert!(is_like(pattern, "Secret Read"), "{pattern}");
        }
        for pattern in ["", "Secret", "*Rea", "read*", "S*x*", "Secret Read*d", "*a*Read"] {
            assert!(!is_like(pattern, "Secret Read"), "{pattern}");
        }
    }
}
