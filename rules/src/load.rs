//! Rule files in, a program out: the one way into this crate.

mod findings;

use crate::check::check_operand;
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::lint;
use crate::options::Options;
use crate::program::{Program, compile};
use crate::ruleset::resolved::Resolved;
use crate::ruleset::{
    Catalog, Collection, Definitions, Extent, PluginRequirement, Resolution, read, resolve, unused,
};
use crate::source::{Lines, SourceFile};
use crate::syntax::{Dialect, parse_operand};
use findings::Findings;

/// Other places that are shown with a problem.
const MAX_LABELS: usize = 4;

/// What a load comes to.
#[derive(Debug)]
pub struct Loaded {
    /// The program; none if there is an error.
    pub program: Option<Program>,
    /// Everything that is wrong or doubtful, file by file.
    pub diagnostics: Vec<Diagnostic>,
    /// The rules with everything they refer to put in, as of the last file that could be read.
    pub resolved: Resolved,
    /// The rules for other sources, which no audit event can match.
    pub foreign: Vec<ForeignRule>,
    pub(crate) definitions: Definitions,
}

/// A rule for another source than audit events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRule {
    /// Its name, unique among all rules.
    pub name: String,
    /// Its source.
    pub source: String,
}

impl Loaded {
    /// What the files define, item by item; none if there is an error.
    #[must_use]
    pub fn catalog(&self) -> Option<Catalog> {
        self.program.as_ref().map(|_| Catalog::new(&self.definitions, &self.resolved))
    }

    /// What [`crate::lint`] has to remark, without loading the files again: those that this was loaded from.
    #[must_use]
    pub fn lint(&self, files: &[SourceFile]) -> Vec<Diagnostic> {
        lint::remarks(self, files)
    }
}

/// Reads the files in order and compiles what they say.
///
/// Later files may change what earlier ones say, but each must be right with nothing but those before it: after each
/// file everything read so far is compiled. By default every problem of every file is reported, once. Where
/// `falco_exact` is set it is as with Falco: the first error of each file, and for each file all warnings on
/// everything read so far.
pub fn load(files: &[SourceFile], options: &Options) -> Loaded {
    Loader::over(files, options).finish(files)
}

/// A load under way. Going on from a copy is a cheap way to load the same files with others behind them.
#[derive(Debug, Clone)]
pub(crate) struct Loader {
    options: Options,
    collection: Collection,
    /// What reading brought up, and what compiling brought up after each file.
    diagnostics: Vec<Diagnostic>,
    /// What compiling brought up after the last file, warnings included.
    last: Vec<Diagnostic>,
    program: Option<Program>,
    resolution: Resolution,
    /// The positions of the rules that are left out for a field that there is not.
    left_out: Vec<usize>,
}

impl Loader {
    /// These files and nothing more so far.
    pub(crate) fn over(files: &[SourceFile], options: &Options) -> Self {
        let mut loader = Self::new(options);
        for (index, file) in files.iter().enumerate() {
            loader.file(index, file);
        }
        if files.is_empty() {
            loader.compile();
        }
        loader
    }

    fn new(options: &Options) -> Self {
        Self {
            options: options.clone(),
            collection: Collection::default(),
            diagnostics: Vec::new(),
            last: Vec::new(),
            program: None,
            resolution: Resolution::default(),
            left_out: Vec::new(),
        }
    }

    /// One more file, the one of that index.
    pub(crate) fn file(&mut self, index: usize, file: &SourceFile) {
        let first = self.diagnostics.len();
        let extent = if self.options.falco_exact { Extent::FirstError } else { Extent::Whole };
        let read = read(&mut self.collection, (index, file), is_field, extent);
        let broken = read.iter().any(Diagnostic::is_error);
        self.diagnostics.extend(read);
        if !(broken && self.options.falco_exact) {
            self.compile();
        }
        if self.options.falco_exact {
            self.diagnostics.append(&mut self.last);
        }
        for diagnostic in self.diagnostics.iter_mut().skip(first).chain(&mut self.last) {
            diagnostic.file = index;
        }
        let errors = self.last.iter().filter(|diagnostic| diagnostic.is_error());
        self.diagnostics.extend(errors.cloned());
    }

    /// Compiles everything read so far.
    fn compile(&mut self) {
        let mut resolution = resolve(&self.collection, &self.options, is_field);
        let (program, problems) = compile(&resolution.resolved, &self.options);
        let mut findings = Findings::new(&self.collection, &mut resolution);
        findings.add(problems);
        findings.apply_skips();
        if self.options.falco_exact {
            findings.keep_first_error();
        }
        let failed = findings.any_error();
        (self.last, self.left_out) = findings.into_parts();
        if !(failed && self.options.falco_exact) {
            self.last.extend(unused(&self.collection, &resolution.usage));
        }
        self.program = Some(program);
        self.resolution = resolution;
    }

    fn check_plugins(&mut self) {
        // Falco looks no further than the first that is not met.
        let most = if self.options.falco_exact { 1 } else { usize::MAX };
        let requirements = self.collection.plugins.iter();
        let unmet = requirements.filter_map(|requirement| Some((&requirement.heading, requirement.unmet()?)));
        for (heading, wrong) in unmet.take(most) {
            let error = Diagnostic::new(Code::PluginNotSatisfied, wrong).at(heading.span);
            let error = error.with_help(PluginRequirement::advice());
            self.diagnostics.push(Diagnostic { file: heading.span.file, ..error.inside(&heading.context) });
        }
    }

    /// What the files have said so far.
    pub(crate) fn collection(&self) -> &Collection {
        &self.collection
    }

    /// What it comes to.
    pub(crate) fn finish(mut self, files: &[SourceFile]) -> Loaded {
        self.check_plugins();
        if !self.options.falco_exact {
            // What seems unused may be used where there is an error.
            let failed = self.diagnostics.iter().any(Diagnostic::is_error);
            let last = self.last.into_iter().filter(|found| !(failed && is_about_use(found)));
            self.diagnostics.extend(last);
            self.diagnostics = once_each(self.diagnostics);
        }
        if !self.diagnostics.is_empty() {
            let lines: Vec<_> =
                files.iter().map(|file| (file.name.as_str(), Lines::of(&file.text))).collect();
            self.diagnostics.iter_mut().for_each(|diagnostic| diagnostic.locate(&lines));
        }
        let failed = self.diagnostics.iter().any(Diagnostic::is_error);
        let program = self.program.filter(|_| !failed);
        let foreign = self.collection.foreign_rules();
        let foreign = foreign.map(|(name, source)| ForeignRule { name, source }).collect();
        let resolved = std::mem::take(&mut self.resolution.resolved);
        let definitions = Definitions {
            collection: self.collection,
            resolution: self.resolution,
            left_out: self.left_out,
            options: self.options.clone(),
        };
        Loaded { program, diagnostics: self.diagnostics, resolved, foreign, definitions }
    }
}

fn is_about_use(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic.code, Code::UnusedMacro | Code::UnusedList)
}

/// The problems in the order of the files, each once: after every further file the old ones come up again.
fn once_each(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut once: Vec<Diagnostic> = Vec::new();
    let mut seen = std::collections::HashMap::new();
    for diagnostic in diagnostics {
        let key = (diagnostic.code, diagnostic.span, diagnostic.message.clone());
        match seen.get(&key).and_then(|index: &usize| once.get_mut(*index)) {
            Some(earlier) => add_labels(earlier, diagnostic.labels),
            None => {
                seen.insert(key, once.len());
                let file = diagnostic.span.map_or(diagnostic.file, |span| span.file);
                once.push(Diagnostic { file, ..diagnostic });
            }
        }
    }
    once.sort_by_key(|diagnostic| (diagnostic.file, diagnostic.span));
    once
}

/// What else has to do with a problem: other rules may use the macro that it is in. A few say enough.
fn add_labels(diagnostic: &mut Diagnostic, labels: Vec<Label>) {
    for label in labels {
        if diagnostic.labels.len() < MAX_LABELS && !diagnostic.labels.contains(&label) {
            diagnostic.labels.push(label);
        }
    }
}

/// Whether a text names a field, or is a transformer applied to one.
fn is_field(text: &str) -> bool {
    parse_operand(text, Dialect::Falco).is_ok_and(|operand| check_operand(&operand).is_ok())
}
