//! Rule files in, what they come to out: the one way into this crate.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::options::Options;
use crate::ruleset::resolved::Resolved;
use crate::ruleset::{Collection, Finding, IsField, Resolution, Stage, read, resolve};
use crate::source::SourceFile;

/// What a load comes to.
#[derive(Debug)]
pub struct Loaded {
    /// The rules with everything they refer to put in.
    pub resolved: Resolved,
    /// Everything that is wrong or doubtful, file by file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the files in order and compiles what they say.
///
/// Later files may change what earlier ones say, but each must be right with nothing but those before it: after each
/// file everything read so far is compiled. By default every problem of every file is reported, once. Where
/// `falco_exact` is set it is as with Falco: the first error of each file, and for each file all warnings on
/// everything read so far.
pub fn load(files: &[SourceFile], options: &Options) -> Loaded {
    let mut loader = Loader { options, collection: Collection::default(), diagnostics: Vec::new() };
    let mut resolution = None;
    for (index, file) in files.iter().enumerate() {
        resolution = loader.file(index, file).or(resolution);
    }
    let mut diagnostics = loader.diagnostics;
    for diagnostic in &mut diagnostics {
        diagnostic.locate(files);
    }
    Loaded { resolved: resolution.map(|resolution| resolution.resolved).unwrap_or_default(), diagnostics }
}

struct Loader<'o> {
    options: &'o Options,
    collection: Collection,
    diagnostics: Vec<Diagnostic>,
}

impl Loader<'_> {
    fn file(&mut self, index: usize, file: &SourceFile) -> Option<Resolution> {
        let read = read(&mut self.collection, (index, file), is_field as IsField, self.options.falco_exact);
        let broken = read.iter().any(Diagnostic::is_error);
        self.diagnostics.extend(read);
        if broken && self.options.falco_exact {
            return None;
        }
        let mut resolution = resolve(&self.collection, self.options, is_field as IsField);
        let mut findings = std::mem::take(&mut resolution.findings);
        findings.sort_by_key(|finding| finding.stage);
        self.diagnostics.extend(findings.into_iter().map(|finding| finding.diagnostic));
        Some(resolution)
    }
}

fn is_field(text: &str) -> bool {
    crate::syntax::parse_operand(text, crate::syntax::Dialect::Falco).is_ok()
}
