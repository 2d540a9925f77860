//! The pages of the codes: each code has one, its example yields the code, and what it says to write instead does not.
#![expect(clippy::panic, reason = "test helpers")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use rules::examples::{self, BaseEvents, Given};
use rules::{Code, Diagnostic, Options, SourceFile, lint, load};

/// Everything there is to say of rule files, or of the file of examples.
fn problems(code: Code, files: &[SourceFile]) -> Vec<Diagnostic> {
    if code == Code::BadExample {
        let given = Given { events: &BaseEvents::builtin(), open: &|_| Err("no files here".to_owned()) };
        return files.iter().flat_map(|file| examples::read(file, given).mistakes).collect();
    }
    let options = Options::default();
    let mut found = load(files, &options).diagnostics;
    found.extend(lint(files, &options));
    found
}

/// The rule file in the section of that title.
fn section(code: Code, title: &str) -> Vec<SourceFile> {
    let (_, behind) = code.page().split_once(&format!("\n## {title}\n")).unwrap_or_else(|| {
        panic!("{} has no section `{title}`", code.id());
    });
    let block = behind.trim_start().strip_prefix("```yaml\n").and_then(|block| block.split_once("```\n"));
    let (text, _) = block.unwrap_or_else(|| panic!("`{title}` of {} does not start with YAML", code.id()));
    vec![SourceFile { name: format!("{}.yaml", code.id()), text: text.to_owned() }]
}

fn told(found: &[Diagnostic], files: &[SourceFile]) -> String {
    found.iter().map(|found| found.render(files)).collect()
}

#[test]
fn each_example_yields_its_code() {
    for code in Code::ALL {
        let files = section(*code, "Example");
        let found = problems(*code, &files);
        let (own, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.code == *code);
        assert!(!own.is_empty(), "{}: {}", code.id(), told(&others, &files));
        let errors: Vec<_> = others.into_iter().filter(Diagnostic::is_error).collect();
        assert!(errors.is_empty(), "{} has other errors: {}", code.id(), told(&errors, &files));
    }
}

#[test]
fn what_is_written_instead_is_right() {
    for code in Code::ALL {
        let files = section(*code, "Instead");
        let wrong: Vec<_> = problems(*code, &files)
            .into_iter()
            .filter(|found| found.code == *code || found.is_error())
            .collect();
        assert!(wrong.is_empty(), "{}: {}", code.id(), told(&wrong, &files));
        let loads = *code == Code::BadExample || load(&files, &Options::default()).program.is_some();
        assert!(loads, "{}", code.id());
    }
}

#[test]
fn pages_have_one_form() {
    for code in Code::ALL {
        let (id, page) = (code.id(), code.page());
        assert!(page.starts_with(&format!("# {id}: ")), "{id} does not start with its title");
        assert!(code.title().chars().count() <= 60, "the title of {id} is long");
        assert!(page.lines().all(|line| line.chars().count() <= 120), "{id} has long lines");
        if let Some(falco) = code.falco() {
            assert!(page.contains(&format!("`{falco}`")), "{id} does not name {falco}");
        }
    }
}

#[test]
fn each_page_has_a_code_and_a_line_in_the_index() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/codes"));
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
    let pages: BTreeSet<_> = names.map(|name| name.into_string().unwrap()).collect();
    let mut expected: BTreeSet<_> = Code::ALL.iter().map(|code| format!("{}.md", code.id())).collect();
    expected.insert("README.md".to_owned());
    assert_eq!(pages, expected);
    let index = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let rows: Vec<_> = index.lines().filter(|line| line.starts_with("| [")).map(str::to_owned).collect();
    let row = |code: &Code| {
        let (id, severity, title) = (code.id(), code.severity(), code.title());
        format!("| [{id}]({id}.md) | {severity} | {title} |")
    };
    assert_eq!(rows, Code::ALL.iter().map(row).collect::<Vec<_>>());
}
