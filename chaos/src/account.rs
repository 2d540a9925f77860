//! Holds what arrived against what `saker eval` says of the events that were acknowledged.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tests::alerts::{Counts, expected_by, judge_permitting};
use tests::ledger::Ledger;

use crate::posting::Posted;
use crate::ruleset;
use crate::trial::Outcome;

/// How long nothing may arrive until all has arrived.
const QUIET: Duration = Duration::from_secs(3);

/// What is due for what was posted.
pub(crate) struct Account {
    acknowledged: usize,
    /// Of events that were acknowledged.
    expected: Counts,
    /// Of events that were not: they may have been stored all the same.
    permitted: Counts,
}

impl Account {
    /// Of the events in a file, by what their bodies were answered.
    pub(crate) fn of(events: &Path, posted: &[Posted]) -> Self {
        let accepted: HashSet<usize> =
            posted.iter().filter(|body| body.is_acknowledged()).flat_map(|body| body.lines.clone()).collect();
        let (yes, no) = parted(events, |line| accepted.contains(&line));
        Self { acknowledged: accepted.len(), expected: due(&yes), permitted: due(&no) }
    }

    /// Waits until all that is due has arrived and nothing more comes, at most until `deadline` has passed without
    /// anything new; then says how it went.
    pub(crate) async fn settle(self, ledger: &Ledger, deadline: Duration) -> Outcome {
        let due: usize = self.expected.values().sum();
        let mut last = (usize::MAX, Instant::now());
        loop {
            let now = ledger.deliveries();
            if now != last.0 {
                last = (now, Instant::now());
            }
            let limit = if ledger.len() >= due { QUIET } else { deadline };
            if last.1.elapsed() >= limit {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let entries = ledger.entries();
        let arrived = entries.values().map(|delivered| delivered.body.as_str());
        let verdict = judge_permitting(&self.expected, &self.permitted, arrived, ledger.repeated());
        Outcome { acknowledged: self.acknowledged, verdict, remarks: Vec::new(), skipped: None }
    }
}

/// What the rules of the stage make of a file of events.
fn due(events: &Path) -> Counts {
    let rules = ruleset::write(events.parent().expect("a file lies in a directory"));
    expected_by(&["--rules", "builtin", &rules, "--rule-matching", "all"], events)
}

/// The lines of a file in two: those of which `is_first` holds, and the others.
fn parted(events: &Path, is_first: impl Fn(usize) -> bool) -> (PathBuf, PathBuf) {
    let paths = (events.with_extension("acknowledged"), events.with_extension("refused"));
    let create = |path: &Path| BufWriter::new(File::create(path).expect("a file can be written"));
    let (mut first, mut second) = (create(&paths.0), create(&paths.1));
    for (number, line) in
        BufReader::new(File::open(events).expect("the events are there")).lines().enumerate()
    {
        let into = if is_first(number) { &mut first } else { &mut second };
        writeln!(into, "{}", line.expect("a readable file")).expect("a file can be written");
    }
    first.flush().and(second.flush()).expect("a file can be written");
    paths
}
