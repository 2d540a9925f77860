//! docs/reliability.md has a row for every scenario that there is, and what it shows is what the command must show.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

fn chaos(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saker-chaos")).args(arguments).output().unwrap()
}

/// The rows of the run by scenario: what stands in the columns behind.
fn rows() -> BTreeMap<String, Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reliability.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, table) = page.split_once("| scenario |").expect("the table of a run");
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    lines
        .map(|line| {
            let mut cells: Vec<String> = cells(line);
            (cells.remove(0), cells)
        })
        .collect()
}

#[test]
fn every_scenario_has_a_row() {
    let listed = chaos(&["--list"]);
    assert!(listed.status.success());
    let listed = String::from_utf8(listed.stdout).unwrap();
    let listed: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(listed.len() > 10, "{listed:?}");
    let rows = rows();
    for scenario in &listed {
        assert!(rows.contains_key(*scenario), "docs/reliability.md has no row of {scenario}");
    }
    assert_eq!(
        rows.len(),
        listed.len(),
        "docs/reliability.md has rows of other scenarios: {:?}",
        rows.keys()
    );
}

#[test]
fn nothing_is_lost_or_doubled() {
    for (scenario, cells) in rows() {
        let [acknowledged, alerts, lost, doubled, ..] = cells.as_slice() else {
            panic!("{scenario}: {cells:?}")
        };
        assert!(acknowledged.parse::<usize>().unwrap() > 0, "{scenario} acknowledges {acknowledged}");
        assert!(alerts.parse::<usize>().unwrap() > 0, "{scenario} has {alerts} alerts due");
        assert_eq!((lost.as_str(), doubled.as_str()), ("0", "0"), "{scenario}");
    }
}

#[test]
fn a_scenario_that_is_none_is_told_with_those_that_are() {
    let refused = chaos(&["killls"]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("'killls'") && told.contains("sink-away"), "{told}");
}
