//! Pages of the documentation, followed to the letter: their commands are run, and print what the page shows.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::binary;

/// Text with what differs from run to run left out: ids, hashes, times and durations.
pub fn settled(text: &str) -> String {
    let mut settled = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_hexdigit() || "-:.TZ+".contains(c);
        let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let (token, behind) = rest.split_at(length);
        if token.is_empty() {
            settled.push(first);
            rest = rest.split_at(first.len_utf8()).1;
        } else {
            let digits = token.chars().filter(char::is_ascii_digit).count();
            let varies = digits >= 6 && !token.starts_with("127.");
            settled.push_str(if varies { "…" } else { token });
            rest = behind;
        }
    }
    settled
}

/// Runs a line of a page as its reader would: what it says on stdout, and behind that what it says on stderr.
///
/// # Panics
/// When there is no shell.
pub fn run(line: &str, directory: &Path, environment: &[(&str, &str)]) -> String {
    let binaries = binary("saker").parent().expect("it is in a directory").to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(directory)
        .envs(environment.iter().copied())
        .env("PATH", format!("{}:{path}", binaries.display()))
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    // What ends in the middle of a line, as an answer does, has its next prompt behind it; not so on the page.
    if said.is_empty() || said.ends_with('\n') { said } else { said + "\n" }
}

/// The page anew, with what each command of its blocks of `console` prints now, given what is shown.
///
/// # Panics
/// When a block has no end, or a command no line.
pub fn followed(text: &str, mut printed: impl FnMut(&str, &str) -> String) -> String {
    let mut page = String::new();
    let mut blocks = text.split("```console\n");
    page.push_str(blocks.next().unwrap_or_default());
    for block in blocks {
        let (commands, prose) = block.split_once("```").expect("the block's end");
        page.push_str("```console\n");
        for command in commands.split("$ ").filter(|command| !command.is_empty()) {
            let (line, shown) = command.split_once('\n').expect("a command in a line");
            let printed = printed(line, shown);
            // What is the same but for ids and times stays as it is.
            let printed = if settled(&printed) == settled(shown) { shown } else { &printed };
            page.push_str(&format!("$ {line}\n{printed}"));
        }
        page.push_str(&format!("```{prose}"));
    }
    page
}

/// Holds a page against itself as it would be now; with `REFRESH_DOCS=1` that is written down.
///
/// # Panics
/// When they differ.
pub fn hold(file: &Path, text: &str, now: &str) {
    if std::env::var_os("REFRESH_DOCS").is_some() {
        fs::write(file, now).expect("the page can be written");
    } else if now != text {
        let differs = |(now, page): &(&str, &str)| now != page;
        let (now, page) = now.lines().zip(text.lines()).find(differs).unwrap_or_default();
        panic!("the page shows\n  {page}\nbut printed is\n  {now}\nREFRESH_DOCS=1 writes it down");
    }
}
