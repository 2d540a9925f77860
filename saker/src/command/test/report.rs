//! What came of examples: everything that is printed is taken from this.

use std::time::Duration;

use rules::examples::{Example, Gap};

/// What came of all files.
pub(super) struct Report {
    pub(super) suites: Vec<SuiteReport>,
    /// Examples that are required and missing.
    pub(super) gaps: Vec<Gap>,
    pub(super) elapsed: Duration,
}

/// What came of a file of examples.
pub(super) struct SuiteReport {
    pub(super) file: String,
    /// What is wrong with the file or its rules, ready to be shown; empty where nothing is.
    pub(super) mistakes: String,
    pub(super) cases: Vec<CaseReport>,
}

/// What came of an example.
pub(super) struct CaseReport {
    pub(super) example: Example,
    pub(super) outcome: Outcome,
    pub(super) elapsed: Duration,
}

/// How it ended.
pub(super) enum Outcome {
    Passed,
    /// What happened instead, in lines.
    Failed(String),
    /// Why it could not be tried, ready to be shown.
    Unusable(String),
}

/// How many examples ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) unusable: usize,
}

impl Counts {
    pub(super) fn all(self) -> usize {
        self.passed + self.failed + self.unusable
    }
}

impl SuiteReport {
    pub(super) fn counts(&self) -> Counts {
        let count = |is: fn(&Outcome) -> bool| self.cases.iter().filter(|case| is(&case.outcome)).count();
        Counts {
            passed: count(|outcome| matches!(outcome, Outcome::Passed)),
            failed: count(|outcome| matches!(outcome, Outcome::Failed(_))),
            unusable: count(|outcome| matches!(outcome, Outcome::Unusable(_))),
        }
    }

    /// The time that its examples took, wherever they ran.
    pub(super) fn elapsed(&self) -> Duration {
        self.cases.iter().map(|case| case.elapsed).sum()
    }
}

impl Report {
    pub(super) fn counts(&self) -> Counts {
        let none = Counts { passed: 0, failed: 0, unusable: 0 };
        self.suites.iter().map(SuiteReport::counts).fold(none, |sum, counts| Counts {
            passed: sum.passed + counts.passed,
            failed: sum.failed + counts.failed,
            unusable: sum.unusable + counts.unusable,
        })
    }

    /// How many files are not as they should be, apart from single examples.
    pub(super) fn broken_files(&self) -> usize {
        self.suites.iter().filter(|suite| !suite.mistakes.is_empty()).count()
    }

    /// 0 where all is well, 2 where something could not be used, else 1.
    pub(super) fn exit_code(&self) -> u8 {
        let Counts { failed, unusable, .. } = self.counts();
        match (unusable + self.broken_files(), failed + self.gaps.len()) {
            (0, 0) => 0,
            (0, _) => 1,
            _ => super::UNUSABLE,
        }
    }
}
