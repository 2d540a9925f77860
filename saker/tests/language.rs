//! docs/language.md is true: its rules load, its commands print what it says, and its tables are those of the program.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test may end where it cannot go on")]

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use rules::describe::markdown;

/// How the page is brought up to date.
const REFRESH: &str = "REFRESH_DOCS=1 cargo nextest run -p saker --test language";

fn page_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language.md")
}

/// A block of code: what its first line says of it, and where its text lies in the page.
#[derive(Debug)]
struct Block {
    language: String,
    text: Range<usize>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(fence) = page[at..].find("\n```") {
        let line = at + fence + "\n```".len();
        let start = line + page[line..].find('\n').unwrap() + 1;
        let end = start - 1 + page[start - 1..].find("\n```").unwrap() + 1;
        blocks.push(Block { language: page[line..start - 1].to_owned(), text: start..end });
        at = end + "```".len();
    }
    blocks
}

/// Where a reader of the page would sit, with what it said to save so far.
struct Desk {
    directory: tempfile::TempDir,
    files: Vec<String>,
}

impl Desk {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), files: Vec::new() }
    }

    /// Saves a text under the name in its first line.
    fn save(&self, text: &str) -> String {
        let name = text.lines().next().unwrap().strip_prefix("# ").unwrap();
        std::fs::write(self.directory.path().join(name), text).unwrap();
        name.to_owned()
    }

    /// Saves rules; with all rules so far they load.
    fn rules(&mut self, text: &str) {
        let name = self.save(text);
        self.files.push(name);
        self.run(&format!("saker rules --rules builtin {}", self.files.join(" ")));
    }

    /// What a script prints; it must end well.
    fn run(&self, script: &str) -> String {
        let programs = Path::new(env!("CARGO_BIN_EXE_saker")).parent().unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        command.args(["-e", "-c", &format!("exec 2>&1\n{script}")]).env("PATH", path);
        let output = command.current_dir(self.directory.path()).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{script}\n{printed}");
        printed.lines().map(in_one_millisecond).collect()
    }
}

/// The line; where it says how long something took, that is always the same.
fn in_one_millisecond(line: &str) -> String {
    match line.rsplit_once(" in ") {
        Some((before, time)) if time.ends_with(" ms") => format!("{before} in 1 ms\n"),
        _ => format!("{line}\n"),
    }
}

/// The page, with what its commands print when a reader does as it says.
fn played(page: &str) -> String {
    let (mut desk, blocks) = (Desk::new(), blocks(page));
    let mut outputs = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let text = &page[block.text.clone()];
        match block.language.as_str() {
            "yaml" => desk.rules(text),
            "yaml examples" => drop(desk.save(text)),
            "sh" => {
                let printed = desk.run(text);
                match blocks.get(index + 1).filter(|next| next.language == "text") {
                    Some(next) => outputs.push((next.text.clone(), printed)),
                    None => assert_eq!(printed, "", "the page does not say what this prints: {text}"),
                }
            }
            _ => {}
        }
    }
    assert!(desk.files.len() >= 5 && outputs.len() >= 4, "{:?} {outputs:?}", desk.files);
    let mut played = page.to_owned();
    for (place, output) in outputs.into_iter().rev() {
        played.replace_range(place, &output);
    }
    played
}

/// The page with the tables that the program has.
fn with_tables(page: &str) -> String {
    let tables = [
        ("operators", markdown::operators_table()),
        ("transformers", markdown::transformers_table()),
        ("fields", markdown::fields_tables(&|_| true)),
    ];
    let mut page = page.to_owned();
    for (name, table) in tables {
        let marker = format!("<!-- generated: {name} -->\n");
        let (before, behind) = page.split_once(&marker).unwrap();
        let (_, behind) = behind.split_once("<!-- end -->").unwrap();
        page = format!("{before}{marker}\n{table}\n<!-- end -->{behind}");
    }
    page
}

#[test]
fn the_page_is_what_a_reader_would_see() {
    let page = std::fs::read_to_string(page_path()).unwrap();
    let fresh = with_tables(&played(&page));
    if std::env::var_os("REFRESH_DOCS").is_some() {
        std::fs::write(page_path(), fresh).unwrap();
        return;
    }
    let difference = page.lines().zip(fresh.lines()).find(|(page, fresh)| page != fresh);
    assert!(page == fresh, "docs/language.md is out of date: {difference:#?}\nrefresh it: {REFRESH}");
}

#[test]
fn saker_fields_prints_the_same_tables() {
    let printed = Desk::new().run("saker fields --format markdown");
    let page = std::fs::read_to_string(page_path()).unwrap();
    assert!(page.contains(&printed), "{printed}");
}
