//! Rule files and what is said of them: each file in `cases` holds a remark and rule files, each snapshot what loading
//! them brings up, by default and as Falco would, and the conditions that come out.
#![expect(clippy::unwrap_used, reason = "test helpers")]

use std::fmt::Write;
use std::path::PathBuf;

use rules::syntax::print::canonical;
use rules::{Options, SourceFile, load};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases"))
}

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
    let mut told = String::new();
    let loaded = load(files, &Options::default());
    for diagnostic in &loaded.diagnostics {
        writeln!(told, "{}", diagnostic.render(files)).unwrap();
    }
    let exact = load(files, &Options { falco_exact: true, ..Options::default() });
    writeln!(told, "as Falco:").unwrap();
    for diagnostic in &exact.diagnostics {
        let code = diagnostic.code.falco().unwrap_or("none");
        writeln!(told, "  {diagnostic} ({code})").unwrap();
    }
    writeln!(told, "\nrules:").unwrap();
    for rule in &loaded.resolved.rules {
        let condition = rule.expr.as_ref().map_or_else(|| "-".to_owned(), canonical);
        writeln!(told, "  {} [{}]: {condition}", rule.name, rule.tags.join(" ")).unwrap();
    }
    told
}

#[test]
fn cases() {
    let mut paths: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 60);
    insta::with_settings!({snapshot_path => "cases/snapshots", prepend_module_to_snapshot => false}, {
        for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "txt")) {
            let (remark, files) = split(&std::fs::read_to_string(path).unwrap());
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            insta::with_settings!({description => remark}, {
                insta::assert_snapshot!(name, told(&files));
            });
        }
    });
}
