//! Links from page to page lead somewhere, and there is a way from README.md to every page.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn read(page: &Path) -> String {
    fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()))
}

/// The lines of a page but for those of its blocks of code.
fn prose(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let mut kept = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            kept.push(line);
        }
    }
    kept
}

/// What the links of a page say: where to, and to which heading.
fn links(text: &str) -> Vec<(String, String)> {
    let prose = prose(text).join("\n");
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let here = targets.map(|(target, _)| target).filter(|target| !target.contains("://"));
    here.map(|target| target.split_once('#').unwrap_or((target, "")))
        .map(|(page, heading)| (page.to_owned(), heading.to_owned()))
        .collect()
}

/// The names under which a page's headings can be linked.
fn headings(text: &str) -> BTreeSet<String> {
    let headings = prose(text).into_iter().filter(|line| line.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|heading| heading.chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

fn pages(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

#[test]
fn links_lead_somewhere_and_every_page_is_found() {
    let (root, mut seen) = (root(), BTreeSet::new());
    let mut waiting = vec![root.join("README.md")];
    while let Some(page) = waiting.pop() {
        if !seen.insert(page.clone()) {
            continue;
        }
        let text = read(&page);
        for (target, heading) in links(&text) {
            let says = format!("{} links to {target}#{heading}", page.display());
            let linked = match target.as_str() {
                "" => page.clone(),
                target => page.parent().unwrap().join(target),
            };
            let linked = linked.canonicalize().unwrap_or_else(|error| panic!("{says}: {error}"));
            if linked.extension().is_some_and(|extension| extension == "md") {
                let known = headings(&read(&linked));
                assert!(heading.is_empty() || known.contains(&heading), "{says}: {known:?}");
                waiting.push(linked);
            }
        }
    }
    for page in pages(&root.join("docs"))
        .iter()
        .chain(&pages(&root.join("docs/codes")))
        .chain(&pages(&root.join("docs/sinks")))
    {
        assert!(seen.contains(page), "no link leads to {}", page.display());
    }
}
