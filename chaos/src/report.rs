//! The four numbers of each scenario: as they come, and as a table in the end.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::form::Form;
use crate::scenarios::Scenario;
use crate::trial::{Outcome, Trial};

/// What was run so far.
pub(crate) struct Report {
    form: Form,
    seed: u64,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    /// `None`: it did not come to its end, and said why.
    outcome: Option<Outcome>,
    took: Duration,
}

impl Report {
    pub(crate) fn begin(form: Form, seed: u64) -> Self {
        eprintln!("seed {seed}, {} form", form.pick("full", "short"));
        Self { form, seed, rows: Vec::new() }
    }

    /// Runs a scenario. One that stops halfway fails, and the next one is run.
    pub(crate) async fn run(&mut self, scenario: &Scenario, trial: Trial) {
        eprintln!("== {}: {}", scenario.name, scenario.about);
        let begun = Instant::now();
        let outcome = tokio::spawn((scenario.run)(trial)).await.ok();
        let row = Row { name: scenario.name, outcome, took: begun.elapsed() };
        eprintln!("   {}", row.told());
        self.rows.push(row);
    }

    /// Prints the table; 1 where anything was lost, doubled, or not finished, and, where `CI` is set, skipped.
    pub(crate) fn end(&self) -> ExitCode {
        let mut table = String::from(
            "| scenario | acknowledged | alerts | lost | doubled | repeated | seconds | what was done |\n\
             | --- | --: | --: | --: | --: | --: | --: | --- |\n",
        );
        for row in &self.rows {
            let seconds = row.took.as_secs();
            let _ = match &row.outcome {
                Some(Outcome { skipped: Some(needs), .. }) => {
                    writeln!(table, "| {} | skipped | | | | | {seconds} | needs {needs} |", row.name)
                }
                Some(Outcome { acknowledged, verdict, remarks, .. }) => writeln!(
                    table,
                    "| {} | {acknowledged} | {} | {} | {} | {} | {seconds} | {} |",
                    row.name,
                    verdict.expected,
                    verdict.lost,
                    verdict.doubled,
                    verdict.repeated,
                    remarks.join("; ")
                ),
                None => writeln!(table, "| {} | did not end | | | | | {seconds} | see above |", row.name),
            };
        }
        println!("{table}");
        let failed = self.rows.iter().filter(|row| !row.is_good()).count();
        let skipped = self.rows.iter().filter(|row| row.is_skipped()).count();
        println!(
            "{} scenarios, {failed} failed{} (seed {}, {} form)",
            self.rows.len(),
            if skipped == 0 { String::new() } else { format!(", {skipped} skipped") },
            self.seed,
            self.form.pick("full", "short")
        );
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl Row {
    fn is_good(&self) -> bool {
        let is_clean = |outcome: &Outcome| (outcome.verdict.lost, outcome.verdict.doubled) == (0, 0);
        self.outcome.as_ref().is_some_and(is_clean) && !(self.is_skipped() && is_ci())
    }

    fn is_skipped(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.skipped.is_some())
    }

    fn told(&self) -> String {
        let Some(Outcome { acknowledged, verdict, remarks, skipped }) = &self.outcome else {
            return format!("{} did not come to its end", self.name);
        };
        if let Some(needs) = skipped {
            let so = if is_ci() { ", and counts as failed since CI is set" } else { "" };
            return format!("skipped: it needs {needs}{so}");
        }
        format!(
            "{acknowledged} acknowledged, {} of {} alerts lost, {} doubled, {} repeated, {} s: {}",
            verdict.lost,
            verdict.expected,
            verdict.doubled,
            verdict.repeated,
            self.took.as_secs(),
            remarks.join("; ")
        )
    }
}

/// Where nothing may go unproven.
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}
