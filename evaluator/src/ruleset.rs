//! The rules in force: read from files, compiled whole or not at all, and named by a digest.

use std::fmt;
use std::path::{Path, PathBuf};

use rules::examples::is_example_file;
use rules::{Diagnostic, Matching, Options, Program, SourceFile};

use crate::settings::{RuleMatching, Settings};

/// How many hexadecimal digits of the digest are shown: enough to tell rulesets apart.
const DIGEST_DIGITS: usize = 16;

/// A place that rules are read from.
enum RuleSource {
    /// The shipped ruleset, written `builtin`.
    Builtin,
    /// A file; or a directory, of which the files `*.yaml` and `*.yml` are read by name, not those of its directories,
    /// and not the examples beside the rules.
    Path(PathBuf),
}

impl From<&str> for RuleSource {
    fn from(text: &str) -> Self {
        if text == "builtin" { Self::Builtin } else { Self::Path(text.into()) }
    }
}

/// Rules that are loaded.
#[derive(Debug, Clone)]
pub struct Ruleset {
    program: Program,
    digest: String,
    warnings: Vec<String>,
}

/// Why rules cannot be loaded. Always all that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum RulesetError {
    /// Files that cannot be read.
    #[error("{}", lines(.0))]
    Unreadable(Vec<Unreadable>),
    /// No file was found at all.
    #[error("there are no rules: name files, directories that hold *.yaml files, or `builtin`")]
    Nothing,
    /// The rules have errors.
    #[error(transparent)]
    Rules(#[from] RuleErrors),
}

/// A file or directory that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read rules from {}: {error}", path.display())]
pub struct Unreadable {
    path: PathBuf,
    error: std::io::Error,
}

/// The problems of rules, of which at least one is an error, and the files they are in.
#[derive(Debug, thiserror::Error)]
pub struct RuleErrors {
    /// The problems, warnings too.
    pub diagnostics: Vec<Diagnostic>,
    /// The files.
    pub files: Vec<SourceFile>,
}

impl fmt::Display for RuleErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.diagnostics {
            writeln!(f, "{}", diagnostic.render(&self.files))?;
        }
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        write!(f, "the rules have {errors} error{}; nothing was loaded", if errors == 1 { "" } else { "s" })
    }
}

impl Ruleset {
    /// Loads the rules that the settings name.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn load(settings: &Settings) -> Result<Self, RulesetError> {
        Self::from_files(&rule_files(&settings.rules)?, &options(settings))
    }

    /// Loads the rules of these files, in their order.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn from_files(files: &[SourceFile], options: &Options) -> Result<Self, RulesetError> {
        let loaded = rules::load(files, options);
        let warnings = loaded.diagnostics.iter().map(|diagnostic| diagnostic.render(files)).collect();
        match loaded.program {
            Some(program) => Ok(Self { program, digest: digest(files, options), warnings }),
            None => Err(RuleErrors { diagnostics: loaded.diagnostics, files: files.to_vec() }.into()),
        }
    }

    /// The compiled rules.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Names the ruleset: other texts, another order or another meaning make another digest.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What is doubtful about the rules although they load, each ready to be shown.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// What the settings say of how rules are read.
#[must_use]
pub fn options(settings: &Settings) -> Options {
    let matching = match settings.rule_matching {
        RuleMatching::First => Matching::First,
        RuleMatching::All => Matching::All,
    };
    let minimum_priority = settings.priority.0;
    Options { matching, falco_exact: settings.falco_exact, minimum_priority, ..Options::default() }
}

/// The rule files that a list of sources names, in its order: files, directories of files, and `builtin`.
///
/// # Errors
/// Every source that cannot be read; or that there is no file at all.
pub fn rule_files(sources: &[String]) -> Result<Vec<SourceFile>, RulesetError> {
    let (mut files, mut unreadable) = (Vec::new(), Vec::new());
    for source in sources {
        match &RuleSource::from(source.as_str()) {
            RuleSource::Builtin => files.extend(rules::shipped()),
            RuleSource::Path(path) => match paths(path) {
                Ok(paths) => paths.iter().for_each(|path| match read(path) {
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

/// The path itself, or the rule files of the directory that it names.
fn paths(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let is_examples = path.file_name().is_some_and(|name| is_example_file(&name.to_string_lossy()));
        // Through links, as Kubernetes mounts a ConfigMap.
        if is_yaml && !is_examples && std::fs::metadata(&path)?.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> std::io::Result<SourceFile> {
    Ok(SourceFile { name: path.display().to_string(), text: std::fs::read_to_string(path)? })
}

/// Over the texts in their order and the options that change what they mean; names do not matter.
fn digest(files: &[SourceFile], options: &Options) -> String {
    let mut hasher = blake3::Hasher::new();
    for file in files {
        hasher.update(&u64::try_from(file.text.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(file.text.as_bytes());
    }
    hasher.update(format!("{options:?}").as_bytes());
    hasher.finalize().to_hex().chars().take(DIGEST_DIGITS).collect()
}

fn lines(errors: &[Unreadable]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const RULE: &str = "- rule: R\n  desc: d\n  condition: ka.verb = create\n  output: x\n  priority: NOTICE\n  source: k8s_audit\n";

    fn named(name: &str) -> String {
        RULE.replace("rule: R", &format!("rule: {name}"))
    }

    fn load(sources: &[&Path]) -> Result<Ruleset, RulesetError> {
        let sources: Vec<String> = sources.iter().map(|path| path.display().to_string()).collect();
        Ruleset::from_files(&rule_files(&sources)?, &Options::default())
    }

    fn names(ruleset: &Ruleset) -> Vec<&str> {
        ruleset.program().rules().iter().map(|rule| rule.name.as_str()).collect()
    }

    #[test]
    fn files_are_read_in_the_order_given_and_directories_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::create_dir_all(path("d/nested.yaml")).unwrap();
        for (name, rule) in [
            ("z.txt", "Z"),
            ("d/b.yml", "B"),
            ("d/a.yaml", "A"),
            ("d/c.json", "C"),
            ("d/a.test.yaml", "T"),
            ("d/nested.yaml/n.yaml", "N"),
        ] {
            fs::write(path(name), named(rule)).unwrap();
        }
        std::os::unix::fs::symlink(path("z.txt"), path("d/c.yaml")).unwrap();
        let ruleset = load(&[&path("d")]).unwrap();
        assert_eq!(names(&ruleset), ["A", "B", "Z"]);
        fs::remove_file(path("d/c.yaml")).unwrap();
        assert_eq!(names(&load(&[&path("z.txt"), &path("d")]).unwrap()), ["Z", "A", "B"]);
    }

    #[test]
    fn the_digest_tells_rulesets_apart() {
        let directory = tempfile::tempdir().unwrap();
        let (a, b) = (directory.path().join("a.yaml"), directory.path().join("b.yaml"));
        fs::write(&a, named("A")).unwrap();
        fs::write(&b, named("B")).unwrap();
        let digest = |sources: &[&Path]| load(sources).unwrap().digest().to_owned();
        assert_eq!(digest(&[&a, &b]), digest(&[&a, &b]));
        assert_ne!(digest(&[&a, &b]), digest(&[&b, &a]));
        assert_ne!(digest(&[&a]), digest(&[&a, &b]));
        assert_eq!(digest(&[&a]).len(), DIGEST_DIGITS);
        let all = Options { matching: Matching::All, ..Options::default() };
        let other = Ruleset::from_files(&rule_files(&[a.display().to_string()]).unwrap(), &all).unwrap();
        assert_ne!(digest(&[&a]), other.digest());
    }

    #[test]
    fn the_shipped_ruleset_is_the_default() {
        let ruleset = Ruleset::load(&Settings::default()).unwrap();
        assert!(ruleset.program().rules().len() > 20);
        assert!(ruleset.warnings().is_empty(), "{:?}", ruleset.warnings());
    }

    #[test]
    fn everything_that_cannot_be_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let (missing, latin) = (directory.path().join("missing.yaml"), directory.path().join("latin.yaml"));
        fs::write(&latin, b"- macro: \xe4").unwrap();
        let error = load(&[&missing, &latin]).unwrap_err().to_string();
        assert!(
            error.contains("missing.yaml: No such file")
                && error.contains("latin.yaml: stream did not contain valid UTF-8"),
            "{error}"
        );
        assert!(matches!(
            load(&[directory.path().join("empty").as_path()]),
            Err(RulesetError::Unreadable(_))
        ));
        fs::create_dir(directory.path().join("empty")).unwrap();
        assert!(matches!(load(&[directory.path().join("empty").as_path()]), Err(RulesetError::Nothing)));
    }

    #[test]
    fn rules_with_errors_are_not_loaded_and_all_errors_are_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rules.yaml");
        let text =
            [RULE, &named("A").replace("ka.verb =", "ka.verbs ="), &named("B").replace("NOTICE", "LOUD")]
                .concat();
        fs::write(&path, text).unwrap();
        let error = load(&[&path]).unwrap_err().to_string();
        assert!(error.contains("ka.verbs") && error.contains("LOUD"), "{error}");
        assert!(error.ends_with("the rules have 2 errors; nothing was loaded"), "{error}");
    }
}
