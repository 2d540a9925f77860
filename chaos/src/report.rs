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

    /// Prints the table; 1 where anything was lost, doubled, or not finished.
    pub(crate) fn end(&self) -> ExitCode {
        let mut table = String::from(
            "| scenario | acknowledged | alerts | lost | doubled | repeated | seconds | what was done |\n\
             | --- | --: | --: | --: | --: | --: | --: | --- |\n",
        );
        for row in &self.rows {
            let seconds = row.took.as_secs();
            let _ = match &row.outcome {
                Some(Outcome { acknowledged, verdict, remarks }) => writeln!(
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
        println!(
            "{} scenarios, {failed} failed (seed {}, {} form)",
            self.rows.len(),
            self.seed,
            self.form.pick("full", "short")
        );
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl Row {
    fn is_good(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| (outcome.verdict.lost, outcome.verdict.doubled) == (0, 0))
    }

    fn told(&self) -> String {
        let Some(Outcome { acknowledged, verdict, remarks }) = &self.outcome else {
            return format!("{} did not come to its end", self.name);
        };
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
