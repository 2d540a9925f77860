//! Rule files that were damaged or made to do harm: nothing panics, places lie in the files, and what is told can be
//! read.
#![expect(clippy::unwrap_used, reason = "test helpers")]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use rules::{Diagnostic, Options, SourceFile, load};

const RULE: &str = "\
- list: verbs
  items: [create, 'delete all']
- macro: written
  condition: ka.verb in (verbs) and not ka.uri.param[x] exists
- rule: Something Seen
  desc: 'it''s \"here\"'
  condition: >
    written and (ka.user.name = \"a\\\\b\"
      or tolower(ka.uri) startswith /api)
  output: user=%ka.user.name %20ka.verb
  priority: WARNING
  source: k8s_audit
  tags: [a, b]
  exceptions:
    - name: robots
      fields: [ka.user.name, ka.target.name]
      comps: [=, in]
      values: [[bot, [x, y]]]
- rule: Something Seen
  condition: and ka.stage exists
  override: {condition: append}
";

fn files(text: &str) -> Vec<SourceFile> {
    vec![SourceFile { name: "rules.yaml".to_owned(), text: text.to_owned() }]
}

fn exact() -> Options {
    Options { falco_exact: true, ..Options::default() }
}

/// Whether what is told of a file can be shown.
fn check_readable(found: &Diagnostic, files: &[SourceFile]) {
    for span in found.span.iter().chain(found.labels.iter().map(|label| &label.span)) {
        let file = files.get(span.file).unwrap();
        assert!(file.text.get(span.start..span.end).is_some(), "{found:?}");
    }
    let rendered = found.render(files);
    assert!(!rendered.chars().any(|c| c.is_control() && c != '\n'), "{rendered:?}");
    assert!(rendered.lines().all(|line| line.chars().count() < 1200), "{rendered}");
    assert!(!found.to_string().contains('\n'), "{found}");
}

/// Replaces what stands between two places by something else.
fn damaged(edits: &[(usize, usize, String)]) -> String {
    let mut text = RULE.to_owned();
    for (at, length, put) in edits {
        let mut start = at % (text.len() + 1);
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = (start + length).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.replace_range(start.min(end)..end.max(start), put);
    }
    text
}

#[test]
fn the_file_is_right_before_it_is_damaged() {
    let loaded = load(&files(RULE), &Options::default());
    assert!(loaded.diagnostics.is_empty() && loaded.program.is_some(), "{:?}", loaded.diagnostics);
}

proptest! {
    #[test]
    fn damaged_files_are_told_of(
        edits in prop::collection::vec(
            (any::<usize>(), 0_usize..6, "[-: \\n\\ta\"'\\[\\](){},%*&>|=!\\\\\u{0}\u{1b}ü漢$]{0,4}"),
            1..4,
        )
    ) {
        let text = damaged(&edits);
        let files = files(&text);
        let (loaded, as_falco) = (load(&files, &Options::default()), load(&files, &exact()));
        for found in loaded.diagnostics.iter().chain(&as_falco.diagnostics) {
            check_readable(found, &files);
        }
        // In Falco a quoted string does not end in a backslash: see docs/differences.md.
        if !["\\\\\"", "\\\\'"].iter().any(|end| text.contains(end)) {
            prop_assert_eq!(loaded.program.is_some(), as_falco.program.is_some(), "{}", text);
        }
    }
}

#[test]
fn giants_are_told_of_in_time_and_in_few_words() {
    let rule = |condition: &str, output: &str| {
        format!(
            "- rule: A\n  desc: x\n  condition: {condition}\n  output: \"{output}\"\n  priority: INFO\n  source: k8s_audit\n"
        )
    };
    let begun = Instant::now();
    for text in [
        rule(&format!("ka.uri = {}", "x".repeat(1_000_000)), "x"),
        rule(&"a".repeat(1_000_000), "x"),
        rule(&"ka.nope = y and ".repeat(60_000), "x"),
        rule(&format!("{}ka.verb = x{}", "(".repeat(10_000), ")".repeat(10_000)), "x"),
        rule("ka.verb = x", &format!("%{}", "a".repeat(1_000_000))),
        rule("ka.verb = x", &format!("%{}", "a.b".repeat(300_000))),
        rule("ka.verb = x", &format!("%{}", "tolower(".repeat(50_000))),
        rule("ka.verb = x", &"%nope ".repeat(50_000)),
        format!("- rule: {}\n", "x ".repeat(500_000)),
        format!("- rule: A\n  {}: x\n", "k".repeat(1_000_000)),
        format!("- {{{}}}\n", "k: v, ".repeat(100_000)),
        "- marco: m\n".repeat(20_000),
        "[".repeat(100_000),
        "\u{0}".repeat(100_000),
    ] {
        let files = files(&text);
        let loaded = load(&files, &Options::default());
        assert!(!loaded.diagnostics.is_empty());
        loaded.diagnostics.iter().take(200).for_each(|found| check_readable(found, &files));
    }
    // Seconds on a slow machine; what grows with the square of a megabyte takes hours.
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}
