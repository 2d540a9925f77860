//! The rules in force: compiled whole or not at all, and named by a digest.

use std::fmt;

use bus::Bus;
use rules::{Diagnostic, Options, Program, SourceFile};

use crate::pushed::pushed_files;
use crate::settings::{self, Settings, options};
use crate::sources::{Unreadable, files_with, rule_files, takes_from_bus};

/// How many hexadecimal digits of the digest are shown: enough to tell rulesets apart.
const DIGEST_DIGITS: usize = 16;

/// Rules that are loaded.
#[derive(Debug, Clone)]
pub struct Ruleset {
    program: Program,
    content: Content,
    digest: String,
    warnings: Vec<String>,
}

/// Stands for the texts of rule files in their order, to see whether anything has changed. Names do not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content(blake3::Hash);

/// Why rules cannot be loaded. Always all that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum RulesetError {
    /// Files that cannot be read.
    #[error("{}", lines(.0))]
    Unreadable(Vec<Unreadable>),
    /// No file was found at all.
    #[error("there are no rules: name files, directories that hold *.yaml files, or `builtin`")]
    Nothing,
    /// The rules that were pushed are meant, and there is no bus here.
    #[error(
        "`bus` stands for the rules that `saker rules push` puts onto the bus, which only `saker up`, the evaluator \
         and `saker replay` take; name a file of that name as ./bus"
    )]
    OnTheBus,
    /// Files that hold none, where there were rules before.
    #[error("the rule files hold no rule any more")]
    NoRules,
    /// Rules on the bus are all that is meant, and there are none.
    #[error("no rules have been pushed onto the bus; `saker rules push` does that")]
    NotPushed,
    /// What was pushed onto the bus cannot be read.
    #[error("{0}")]
    Pushed(String),
    /// A defect of ours.
    #[error("loading the rules failed: {0}")]
    Failed(String),
    /// The rules have errors.
    #[error(transparent)]
    Rules(#[from] RuleErrors),
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

impl RulesetError {
    /// What is wrong, or the first thing that is, in one line.
    pub fn first_line(&self) -> String {
        let error = match self {
            Self::Rules(errors) => errors.diagnostics.iter().find(|diagnostic| diagnostic.is_error()),
            _ => None,
        };
        let text = error.map_or_else(|| self.to_string(), ToString::to_string);
        text.lines().next().unwrap_or_default().to_owned()
    }
}

impl Ruleset {
    /// Loads the rules that the settings name; `None` where rules from the bus are among them, which come once there is
    /// a bus.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn at_start(settings: &Settings) -> Result<Option<Self>, RulesetError> {
        if !takes_from_bus(&settings.rules) {
            return Self::load(settings).map(Some);
        }
        match files_with(&settings.rules, &[]) {
            Ok(_) | Err(RulesetError::Nothing) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Loads the rules that the settings name.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn load(settings: &Settings) -> Result<Self, RulesetError> {
        Self::from_files(&rule_files(&settings.rules)?, &options(settings))
    }

    /// Loads the rules that the settings name, and where `bus` is among them those that were pushed last.
    ///
    /// # Errors
    /// All that is wrong.
    pub async fn load_with(bus: &Bus, settings: &Settings) -> Result<Self, RulesetError> {
        let wanted = takes_from_bus(&settings.rules);
        let pushed = if wanted { pushed_files(bus).await } else { Ok(Vec::new()) };
        let pushed = pushed.map_err(|error| RulesetError::Pushed(error.to_string()))?;
        match files_with(&settings.rules, &pushed) {
            Err(RulesetError::Nothing) if wanted => Err(RulesetError::NotPushed),
            files => Self::from_files(&files?, &options(settings)),
        }
    }

    /// Loads the rules of these files, in their order.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn from_files(files: &[SourceFile], options: &Options) -> Result<Self, RulesetError> {
        let loaded = rules::load(files, options);
        let warnings = loaded.diagnostics.iter().map(|diagnostic| diagnostic.render(files));
        let content = Content::of(files);
        match loaded.program {
            Some(program) => {
                let warnings = warnings.chain(settings::warnings(options, program.rules())).collect();
                Ok(Self { program, content, digest: digest(content, options), warnings })
            }
            None => Err(RuleErrors { diagnostics: loaded.diagnostics, files: files.to_vec() }.into()),
        }
    }

    /// The compiled rules.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Stands for the texts that it was made of.
    pub(crate) fn content(&self) -> Content {
        self.content
    }

    /// How many of its rules are held against events.
    pub fn enabled(&self) -> usize {
        self.program.evaluated()
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

impl Content {
    /// Of these files.
    pub(crate) fn of(files: &[SourceFile]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for file in files {
            hasher.update(&u64::try_from(file.text.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(file.text.as_bytes());
        }
        Self(hasher.finalize())
    }

    /// Of files that cannot be had.
    pub(crate) fn missing(why: &str) -> Self {
        Self(blake3::hash([b"missing: ", why.as_bytes()].concat().as_slice()))
    }
}

/// Over the texts and the options that change what they mean.
fn digest(content: Content, options: &Options) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(content.0.as_bytes());
    hasher.update(format!("{options:?}").as_bytes());
    hasher.finalize().to_hex().chars().take(DIGEST_DIGITS).collect()
}

fn lines(errors: &[Unreadable]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use rules::Matching;

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
