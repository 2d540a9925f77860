//! Rules of one's own: a file in a directory, and nothing else.

use std::time::{Duration, Instant};

use tests::docker::Containers;
use tests::process::run;
use tests::wait;

const RULE: &str = "\
- rule: Somebody looked
  desc: anything is read
  condition: ka.verb in (get, list, watch)
  output: somebody looked (user=%ka.user.name)
  priority: WARNING
  source: k8s_audit
";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_directory_is_taken_and_taken_back() {
    let Some(line) = Containers::of("saker-rules", &["docker-compose.yml"]) else { return };
    line.documented("up -d");
    line.healthy(&["ingest", "evaluator", "notifier"]).await;
    let file = line.path("deploy/compose/rules/own.yaml");
    std::fs::write(&file, RULE).unwrap();
    alerts_of_the_rule(&line, |before, now| now > before).await;
    std::fs::remove_file(&file).unwrap();
    alerts_of_the_rule(&line, |before, now| now == before).await;
}

/// Posts recorded events again and again, as new ones, until the rule's alerts are as they should be.
async fn alerts_of_the_rule(line: &Containers, holds: impl Fn(usize, usize) -> bool) {
    let start = Instant::now();
    loop {
        let (ours, all) = counts(line);
        let (code, _, errors) = run("saker", &["send", "--bundled", "--fresh", "--to", &line.url()]);
        assert_eq!(code, Some(0), "{errors}");
        wait::until("alerts arrive", Duration::from_secs(30), || counts(line).1 > all).await;
        let (quiet, deadline) = (Duration::from_secs(1), Duration::from_secs(30));
        wait::until_quiet("the alerts", quiet, deadline, || counts(line).1).await;
        if holds(ours, counts(line).0) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(90), "the rules do not change");
    }
}

/// How many alerts of the rule were printed, and how many of all rules.
fn counts(line: &Containers) -> (usize, usize) {
    let printed = line.output("notifier");
    (printed.matches("somebody looked (").count(), printed.lines().count())
}
