//! Rule files in, a program out: the one way into this crate.

mod findings;

use crate::check::check_operand;
use crate::diagnostic::{Code, Diagnostic, locate};
use crate::options::Options;
use crate::program::{Program, compile};
use crate::ruleset::resolved::Resolved;
use crate::ruleset::{Collection, Extent, read, resolve, unused};
use crate::source::SourceFile;
use crate::syntax::{Dialect, parse_operand};
use findings::Findings;

/// What a load comes to.
#[derive(Debug)]
pub struct Loaded {
    /// The program; none if there is an error.
    pub program: Option<Program>,
    /// Everything that is wrong or doubtful, file by file.
    pub diagnostics: Vec<Diagnostic>,
    /// The rules with everything they refer to put in, as of the last file that could be read.
    pub resolved: Resolved,
}

/// Reads the files in order and compiles what they say.
///
/// Later files may change what earlier ones say, but each must be right with nothing but those before it: after each
/// file everything read so far is compiled. By default every problem of every file is reported, once. Where
/// `falco_exact` is set it is as with Falco: the first error of each file, and for each file all warnings on
/// everything read so far.
pub fn load(files: &[SourceFile], options: &Options) -> Loaded {
    let mut loader = Loader::new(options);
    for (index, file) in files.iter().enumerate() {
        loader.file(index, file);
    }
    if files.is_empty() {
        loader.compile();
    }
    loader.check_plugins();
    loader.finish(files)
}

struct Loader<'o> {
    options: &'o Options,
    collection: Collection,
    /// What reading brought up, and what compiling brought up after each file.
    diagnostics: Vec<Diagnostic>,
    /// What compiling brought up after the last file, warnings included.
    last: Vec<Diagnostic>,
    program: Option<Program>,
    resolved: Resolved,
}

impl<'o> Loader<'o> {
    fn new(options: &'o Options) -> Self {
        Self {
            options,
            collection: Collection::default(),
            diagnostics: Vec::new(),
            last: Vec::new(),
            program: None,
            resolved: Resolved::default(),
        }
    }

    fn file(&mut self, index: usize, file: &SourceFile) {
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
        let mut resolution = resolve(&self.collection, self.options, is_field);
        let (program, problems) = compile(&resolution.resolved, self.options);
        let mut findings = Findings::new(&self.collection, &mut resolution);
        findings.add(problems);
        findings.apply_skips();
        if self.options.falco_exact {
            findings.keep_first_error();
        }
        let failed = findings.any_error();
        self.last = findings.into_diagnostics();
        if !(failed && self.options.falco_exact) {
            self.last.extend(unused(&self.collection, &resolution.usage));
        }
        self.program = Some(program);
        self.resolved = resolution.resolved;
    }

    fn check_plugins(&mut self) {
        for requirement in &self.collection.plugins {
            if let Some(wrong) = requirement.unmet() {
                let heading = &requirement.heading;
                let error = Diagnostic::new(Code::PluginNotSatisfied, wrong).at(heading.span);
                self.diagnostics
                    .push(Diagnostic { file: heading.span.file, ..error.inside(&heading.context) });
            }
        }
    }

    fn finish(mut self, files: &[SourceFile]) -> Loaded {
        if !self.options.falco_exact {
            // What seems unused may be used where there is an error.
            let failed = self.diagnostics.iter().any(Diagnostic::is_error);
            let last = self.last.into_iter().filter(|found| !(failed && is_about_use(found)));
            self.diagnostics.extend(last);
            self.diagnostics = once_each(self.diagnostics);
        }
        locate(&mut self.diagnostics, files);
        let failed = self.diagnostics.iter().any(Diagnostic::is_error);
        let program = self.program.filter(|_| !failed);
        Loaded { program, diagnostics: self.diagnostics, resolved: self.resolved }
    }
}

fn is_about_use(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic.code, Code::UnusedMacro | Code::UnusedList)
}

/// The problems in the order of the files, each once: after every further file the old ones come up again.
fn once_each(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut once: Vec<Diagnostic> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for diagnostic in diagnostics {
        if seen.insert((diagnostic.code, diagnostic.span, diagnostic.message.clone())) {
            let file = diagnostic.span.map_or(diagnostic.file, |span| span.file);
            once.push(Diagnostic { file, ..diagnostic });
        }
    }
    once.sort_by_key(|diagnostic| (diagnostic.file, diagnostic.span));
    once
}

/// Whether a text names a field, or is a transformer applied to one.
fn is_field(text: &str) -> bool {
    parse_operand(text, Dialect::Falco).is_ok_and(|operand| check_operand(&operand).is_ok())
}
