//! What lints say of rule files: each file in `lints` holds a remark and rule files, each snapshot what there is to
//! remark on them. The shipped rules are beyond remark; so is every example of how to write it instead.
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "test helpers")]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use rules::{Code, Diagnostic, Matching, Options, Severity, SourceFile, lint, load, needs, shipped};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The remark and the files.
fn split(case: &str) -> (String, Vec<SourceFile>) {
    let mut parts = case.split("=== ");
    let remark = parts.next().unwrap();
    let file = |part: &str| {
        let (name, text) = part.split_once('\n').unwrap();
        SourceFile { name: name.to_owned(), text: text.to_owned() }
    };
    (remark.trim_start_matches('#').trim().to_owned(), parts.map(file).collect())
}

fn told(files: &[SourceFile]) -> String {
    let loaded = load(files, &Options::default());
    let errors: String =
        loaded.diagnostics.iter().filter(|found| found.is_error()).map(|error| error.render(files)).collect();
    assert!(errors.is_empty(), "lints look at what loads:\n{errors}");
    let mut told = String::new();
    for diagnostic in lint(files, &Options::default()) {
        writeln!(told, "{}", diagnostic.render(files)).unwrap();
    }
    if told.is_empty() { "nothing to remark\n".to_owned() } else { told }
}

fn found_in(text: &str, options: &Options) -> Vec<Diagnostic> {
    lint(&[file("rules.yaml", text)], options)
}

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), text: text.to_owned() }
}

#[test]
fn cases() {
    let folder = PathBuf::from(ROOT).join("tests/lints");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut codes = BTreeSet::new();
    insta::with_settings!({snapshot_path => "lints/snapshots", prepend_module_to_snapshot => false}, {
        for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "txt")) {
            let (remark, files) = split(&std::fs::read_to_string(path).unwrap());
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            codes.extend(lint(&files, &Options::default()).into_iter().map(|found| found.code));
            insta::with_settings!({description => remark}, {
                insta::assert_snapshot!(name, told(&files));
            });
        }
    });
    assert_eq!(codes, of_lints().collect(), "a code without a case");
}

fn of_lints() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| code.id() > "R200")
}

#[test]
fn there_is_nothing_to_remark_on_the_shipped_rules() {
    let files = shipped();
    for matching in [Matching::First, Matching::All] {
        for falco_exact in [false, true] {
            let options = Options { matching, falco_exact, ..Options::default() };
            let found: String = lint(&files, &options).iter().map(|found| found.render(&files)).collect();
            assert!(found.is_empty(), "{found}");
        }
    }
}

/// The rules that people come with. Recorded are codes and names only.
#[test]
fn what_there_is_to_remark_on_falcos_rules() {
    let Some(mut files) = support::shared_folder("falco-rules") else { return };
    files.sort();
    let mut told = String::new();
    for (name, text) in files {
        let files = [file("k8s_audit_rules.yaml", &text)];
        let loads = if load(&files, &Options::default()).program.is_some() { "" } else { " does not load" };
        writeln!(told, "{}{loads}", Path::new(&name).file_name().unwrap().to_string_lossy()).unwrap();
        for found in lint(&files, &Options::default()) {
            let used = found.labels.iter().find(|label| label.text.starts_with("used by"));
            let of = used.map_or_else(|| rule_at(&found, &text), |label| label.text.clone());
            writeln!(told, "  {} {of}", found.code.id()).unwrap();
        }
    }
    insta::assert_snapshot!(told);
}

/// The rule whose item a finding stands in.
fn rule_at(found: &Diagnostic, text: &str) -> String {
    let before = &text[..found.span.unwrap().start];
    let item = before.rfind("- rule: ").unwrap();
    before[item..].lines().next().unwrap().trim_start_matches("- ").to_owned()
}

/// Each code has a page with rules that bring it up and rules that do not.
#[test]
fn pages_show_what_they_say() {
    for code in of_lints() {
        let path = PathBuf::from(ROOT).join(format!("../docs/codes/{}.md", code.id()));
        let page =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(page.starts_with(&format!("# {}: ", code.id())), "{}", path.display());
        let (_, example) = page.split_once("\n## Example\n").unwrap();
        let (example, instead) = example.split_once("\n## Instead\n").unwrap();
        for (part, wanted) in [(example, true), (instead, false)] {
            let block = part.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
            let files = [file("rules.yaml", block)];
            let loaded = load(&files, &Options::default());
            let said: String = loaded.diagnostics.iter().map(|found| found.render(&files)).collect();
            assert!(said.is_empty(), "{}: {said}", path.display());
            let found = found_in(block, &Options::default());
            let codes: Vec<_> = found.iter().map(|found| found.code).collect();
            assert_eq!(codes, if wanted { vec![code] } else { vec![] }, "{}: {block}", path.display());
        }
    }
}

#[test]
fn lints_are_warnings_that_falco_does_not_know() {
    for code in of_lints() {
        assert_eq!((code.severity(), code.falco()), (Severity::Warning, None), "{code:?}");
    }
}

#[test]
fn what_does_not_load_is_not_looked_at() {
    let text = "- macro: m\n  condition: ka.verb = CREATE\n- rule: R\n";
    assert_eq!(found_in(text, &Options::default()), []);
    assert_eq!(lint(&[], &Options::default()), []);
}

#[test]
fn nothing_is_shadowed_where_all_matches_are_reported() {
    let rule = |name: &str| {
        format!(
            "- rule: {name}\n  desc: d\n  condition: ka.verb = get\n  output: o\n  priority: INFO\n  source: k8s_audit\n"
        )
    };
    let text = rule("A") + &rule("B");
    let first = found_in(&text, &Options::default());
    assert_eq!(first.iter().map(|found| found.code).collect::<Vec<_>>(), [Code::Shadowed]);
    let all = Options { matching: Matching::All, ..Options::default() };
    assert_eq!(found_in(&text, &all), []);
}

#[test]
fn what_rules_need_to_be_logged() {
    let level = |condition: &str| {
        let rule = support::rule("R", condition, "o").unwrap();
        needs(&rule).map(|level| level.to_string())
    };
    for (condition, expected) in [
        ("ka.verb = create and not ka.pod.images exists", "Metadata"),
        ("ka.verb = create and ka.pod.images intersects (x)", "Request"),
        ("ka.resp.name = x and ka.req.pod.host_pid = true", "RequestResponse"),
        ("ka.resp.name = x or ka.target.name = x", "Metadata"),
        ("not (ka.resp.name = x or ka.target.name = x)", "Metadata"),
        ("not (not jevt.value[/requestObject/spec] exists)", "Request"),
        ("ka.verb = val(ka.resp.name)", "RequestResponse"),
        ("tolower(ka.req.configmap.obj) contains x", "Request"),
    ] {
        assert_eq!(level(condition).as_deref(), Some(expected), "{condition}");
    }
    assert_eq!(level("ka.nope = x"), None);
}
