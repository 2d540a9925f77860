//! Where rules come from: the shipped ruleset, files and directories, and what was pushed onto the bus.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rules::SourceFile;
use rules::examples::is_example_file;

use crate::ruleset::RulesetError;

/// How long a rule file may be. Falco's own are a hundredth of that.
const LARGEST: u64 = 16 << 20;

/// How long all files may be together.
const LARGEST_TOGETHER: u64 = 64 << 20;

/// How many rule files a directory may hold.
const MOST: usize = 4096;

/// A place that rules are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RuleSource {
    /// The shipped ruleset, written `builtin`.
    Builtin,
    /// The rules pushed last, written `bus`.
    Bus,
    /// A file; or a directory, of which the files `*.yaml` and `*.yml` are read by name, not those of its directories,
    /// and not the examples beside the rules.
    Path(PathBuf),
}

/// A file or directory that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read rules from {}: {error}", path.display())]
pub struct Unreadable {
    path: PathBuf,
    error: io::Error,
}

impl From<&str> for RuleSource {
    fn from(text: &str) -> Self {
        match text {
            "builtin" => Self::Builtin,
            "bus" => Self::Bus,
            path => Self::Path(path.into()),
        }
    }
}

/// The rule files that a list of sources names, in its order: files, directories of files, and `builtin`.
///
/// # Errors
/// Every source that cannot be read; or that there is no file at all; or that rules on the bus are named.
pub fn rule_files(sources: &[String]) -> Result<Vec<SourceFile>, RulesetError> {
    if takes_from_bus(sources) { Err(RulesetError::OnTheBus) } else { files_with(sources, &[]) }
}

/// As [`rule_files`], with the files that were pushed onto the bus where the sources say `bus`.
///
/// # Errors
/// Every source that cannot be read; or that there is no file at all.
pub fn files_with(sources: &[String], pushed: &[SourceFile]) -> Result<Vec<SourceFile>, RulesetError> {
    let (mut files, mut unreadable) = (Vec::new(), Vec::new());
    let mut left = LARGEST_TOGETHER;
    for source in sources {
        match &RuleSource::from(source.as_str()) {
            RuleSource::Builtin => files.extend(rules::shipped()),
            RuleSource::Bus => files.extend_from_slice(pushed),
            RuleSource::Path(path) => match paths(path) {
                Ok(paths) => paths.iter().for_each(|path| match read(path, &mut left) {
                    Ok(file) => files.push(file),
                    Err(error) => unreadable.push(Unreadable { path: path.clone(), error }),
                }),
                Err(error) => unreadable.push(Unreadable { path: path.clone(), error }),
            },
        }
    }
    match files.is_empty() {
        _ if !unreadable.is_empty() => Err(RulesetError::Unreadable(unreadable)),
        true => Err(RulesetError::Nothing),
        false => Ok(files),
    }
}

/// Whether the rules pushed onto the bus are among the sources.
pub fn takes_from_bus(sources: &[String]) -> bool {
    sources.iter().any(|source| RuleSource::from(source.as_str()) == RuleSource::Bus)
}

/// Whether there is anything among the sources that may change by itself.
pub(crate) fn has_paths(sources: &[String]) -> bool {
    sources.iter().any(|source| matches!(RuleSource::from(source.as_str()), RuleSource::Path(_)))
}

/// Whether all paths can be read more than once: a pipe cannot, and would hold up whoever tried.
///
/// # Errors
/// Those that cannot.
pub(crate) fn is_read_again(sources: &[String]) -> Result<(), RulesetError> {
    let wrong = |path: PathBuf| {
        let metadata = fs::metadata(&path).ok()?;
        let error = io::Error::other("it is neither a file nor a directory, and can be read only once");
        (!metadata.is_file() && !metadata.is_dir()).then_some(Unreadable { path, error })
    };
    let paths = sources.iter().filter_map(|source| match RuleSource::from(source.as_str()) {
        RuleSource::Path(path) => Some(path),
        RuleSource::Builtin | RuleSource::Bus => None,
    });
    let unreadable: Vec<Unreadable> = paths.filter_map(wrong).collect();
    if unreadable.is_empty() { Ok(()) } else { Err(RulesetError::Unreadable(unreadable)) }
}

/// The path itself, or the rule files of the directory that it names.
fn paths(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let is_examples = path.file_name().is_some_and(|name| is_example_file(&name.to_string_lossy()));
        // Through links, as Kubernetes mounts a ConfigMap.
        if is_yaml && !is_examples && fs::metadata(&path)?.is_file() {
            found.push(path);
        }
        if found.len() > MOST {
            return Err(io::Error::other(format!("it holds more than {MOST} rule files")));
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a file, which may be as long as what is `left` for all.
fn read(path: &Path, left: &mut u64) -> io::Result<SourceFile> {
    let mut text = String::new();
    let read = File::open(path)?.take(LARGEST.min(*left) + 1).read_to_string(&mut text)?;
    let read = u64::try_from(read).unwrap_or(u64::MAX);
    if read > LARGEST {
        return Err(io::Error::other(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    *left = left.checked_sub(read).ok_or_else(|| {
        let most = LARGEST_TOGETHER >> 20;
        io::Error::other(format!("with the files before it, it is larger than {most} MiB"))
    })?;
    Ok(SourceFile { name: path.display().to_string(), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_bounded_alone_and_together() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, length: u64| {
            let path = directory.path().join(name);
            File::create(&path).unwrap().set_len(length).unwrap();
            path.display().to_string()
        };
        let largest = file("largest.yaml", LARGEST);
        let four = vec![largest.clone(); 4];
        assert_eq!(rule_files(&four).unwrap().len(), 4);
        let more = [four, vec![file("small.yaml", 1)]].concat();
        let error = rule_files(&more).unwrap_err().to_string();
        assert!(error.contains("small.yaml: with the files before it, it is larger than 64 MiB"), "{error}");
        let error = rule_files(&[file("larger.yaml", LARGEST + 1)]).unwrap_err().to_string();
        assert!(error.contains("larger.yaml: it is larger than 16 MiB"), "{error}");
    }
}
