//! A store file that is cut, flipped or padded after a kill: `saker up` either goes on and nothing is lost, or refuses to
//! start and says what is wrong and what to do. Then the untouched file is put back, and everything must arrive.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::StreamExt;
use rand::RngExt;
use tests::alerts::Verdict;
use tests::ledger::Ledger;

use crate::account::Account;
use crate::damage::{Damage, damages};
use crate::form::Form;
use crate::posting::Poster;
use crate::solo::Solo;
use crate::trial::{Outcome, Trial};

/// How long a start may take, with the file checked after the kill, or until it is refused.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// How long alerts may take to arrive that were waiting in the store.
const ARRIVES_WITHIN: Duration = Duration::from_secs(60);

/// How many files are tried at a time.
const AT_A_TIME: usize = 3;

/// How a start on a damaged file went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    WentOn,
    RefusedAndSaidSo,
}

pub(super) async fn run(mut trial: Trial) -> Outcome {
    let form = trial.form;
    let cases = damages(form.pick(10, 1)).into_iter().enumerate().map(|(number, damage)| {
        let directory = trial.directory().join(format!("case-{number}"));
        let seed = trial.chance.random();
        case(directory, damage, form, seed)
    });
    let cases: Vec<_> = cases.collect();
    let ended: Vec<_> = futures::stream::iter(cases).buffer_unordered(AT_A_TIME).collect().await;
    let went_on = ended.iter().filter(|(start, _)| *start == Start::WentOn).count();
    let refused = ended.len() - went_on;
    let verdict = Verdict { expected: 0, lost: 0, doubled: 0, repeated: 0 };
    let none = Outcome { acknowledged: 0, verdict, remarks: Vec::new(), skipped: None };
    ended
        .into_iter()
        .fold(none, |total, (_, outcome)| total.and(&outcome))
        .remark(format!("{went_on} damaged or untouched files went on, {refused} refused, said so"))
}

/// Kills with events under way and alerts waiting, damages the file, and starts again.
async fn case(directory: PathBuf, damage: Damage, form: Form, seed: u64) -> (Start, Outcome) {
    std::fs::create_dir(&directory).expect("a directory can be made");
    let events = directory.join("events.jsonl");
    let count = form.pick(8_000, 2_400);
    tests::fresh::write(&events, count);
    let (before, after) = halves(&events, count / 2);
    let ledger = Ledger::start().await;
    let mut solo = Solo::start(&directory, &ledger.url()).await;
    // Nobody takes alerts meanwhile, so that the store has something to lose.
    ledger.leave();
    let posting = Poster { attempts: 1, ..Poster::hasty(&solo.urls, 2_000) }.start(&before);
    posting.goes_on(count / 4).await;
    solo.process.kill_9();
    let mut posted = posting.finish().await;
    let whole = solo.store.with_extension("whole");
    std::fs::copy(&solo.store, &whole).expect("the store can be copied");
    let what = damage.apply(&solo.store, seed);
    ledger.come_back().await;
    let start = start_again(&mut solo).await;
    if start == Start::RefusedAndSaidSo {
        std::fs::copy(&whole, &solo.store).expect("the store can be put back");
        solo.process.start_again();
        solo.takes_events().await;
    }
    let more = Poster::hasty(&solo.urls, 2_000).start(&after).finish().await;
    posted.extend(more.into_iter().map(|body| body.moved_by(count / 2)));
    let outcome = Account::of(&events, &posted).settle(&ledger, ARRIVES_WITHIN).await;
    solo.check();
    let Verdict { expected, lost, .. } = outcome.verdict;
    eprintln!("   {damage:?} ({what}): {start:?}, {lost} of {expected} alerts lost");
    (start, outcome)
}

/// Starts it on the damaged file, and waits until it takes events or has ended.
async fn start_again(solo: &mut Solo) -> Start {
    let logged = solo.process.log().len();
    solo.process.start_again();
    let begun = Instant::now();
    while solo.process.is_running() {
        if solo.is_taking_events() {
            return Start::WentOn;
        }
        assert!(
            begun.elapsed() < STARTS_WITHIN,
            "it neither goes on nor says no:\n{}",
            &solo.process.log()[logged..]
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = solo.process.log();
    let said = &log[logged..];
    assert!(solo.process.exit_code().is_some_and(|code| code != 0), "a refusal is a failure:\n{said}");
    assert!(!said.contains("panicked at"), "a panic is no refusal:\n{said}");
    let directory = solo.store.parent().and_then(Path::to_str).expect("an ASCII path");
    for word in [directory, "store.redb", "copy", "move"] {
        assert!(said.contains(word), "it does not say `{word}`:\n{said}");
    }
    Start::RefusedAndSaidSo
}

/// The first so many lines of a file, and the others.
fn halves(events: &Path, first: usize) -> (PathBuf, PathBuf) {
    let text = std::fs::read_to_string(events).expect("the events are there");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let write = |name: &str, lines: &[&str]| {
        let path = events.with_file_name(name);
        std::fs::write(&path, lines.concat()).expect("a file can be written");
        path
    };
    (write("before.jsonl", &lines[..first]), write("after.jsonl", &lines[first..]))
}
