//! What the documentation shows is true: its configuration loads, it names every setting there is, and its commands
//! print what it says.

use std::path::{Path, PathBuf};
use std::process::Command;

use tests::process::{binary, run, run_with};

fn docs(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn code_block(text: &str, language: &str) -> String {
    let (_, rest) = text.split_once(&format!("```{language}\n")).expect("a block of code");
    rest.split_once("```").expect("the block's end").0.to_owned()
}

/// The keys of YAML in block style, without the places they stand at.
fn keys(yaml: &str) -> Vec<String> {
    let lines = yaml.lines().map(|line| line.split(" #").next().unwrap_or_default());
    lines.filter_map(|line| line.split_once(':')).map(|(key, _)| key.trim().to_owned()).collect()
}

#[test]
fn the_configuration_in_the_documentation_loads_and_is_the_default() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("saker.yaml");
    std::fs::write(&file, code_block(&docs("config.md"), "yaml")).unwrap();
    let secrets = [
        ("SIDEKICK_TOKEN", "geheim"),
        ("SLACK_URL", "https://hooks.slack.com/services/geheim"),
        ("PAGERDUTY_KEY", "geheim"),
    ];
    let arguments = ["up", "--config", file.to_str().unwrap(), "--print-config"];
    let (code, printed, errors) = run_with("saker", &arguments, &secrets);
    assert_eq!(code, Some(0), "{errors}");
    assert!(!printed.contains("geheim"), "secrets are masked:\n{printed}");

    let (_, defaults, _) = run("saker", &["up", "--print-config"]);
    let kept: Vec<&str> =
        printed.lines().filter(|line| defaults.lines().any(|default| default == *line)).collect();
    let missing: Vec<&str> = defaults.lines().filter(|line| !kept.contains(line)).collect();
    assert!(missing.is_empty(), "the documentation gives other defaults than there are: {missing:#?}");
}

#[test]
fn the_documentation_names_every_setting() {
    let documented = keys(&code_block(&docs("config.md"), "yaml"));
    let (_, defaults, _) = run("saker", &["up", "--print-config"]);
    for key in keys(&defaults) {
        assert!(documented.contains(&key), "docs/config.md does not name {key}");
    }
}

/// The blocks of code of a page: language and text.
fn code_blocks(page: &str) -> Vec<(&str, &str)> {
    let mut parts = page.split("\n```").skip(1).step_by(2);
    std::iter::from_fn(|| parts.next()?.split_once('\n')).collect()
}

/// What a command of the documentation says, stdout behind stderr.
fn said(directory: &Path, command: &str) -> String {
    let mut words = command.split(' ');
    let program = binary(words.next().expect("a program"));
    let output = std::process::Command::new(program).args(words).current_dir(directory).output().unwrap();
    String::from_utf8([output.stderr, output.stdout].concat()).unwrap()
}

/// How long it took differs each time.
fn without_times(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" in ") {
        Some((before, time)) if time.ends_with(" ms") => before.to_owned(),
        _ => line.to_owned(),
    };
    text.trim_end().lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_on_testing_is_what_happens() {
    let page = docs("testing.md");
    let directory = tempfile::tempdir().unwrap();
    let (mut files, mut commands) = (0, 0);
    for (language, text) in code_blocks(&page) {
        if let Some(name) =
            text.lines().next().and_then(|line| line.strip_prefix("# ")).filter(|_| language == "yaml")
        {
            std::fs::write(directory.path().join(name), format!("{text}\n")).unwrap();
            files += 1;
        }
        if let Some((command, shown)) = text.strip_prefix("$ ").and_then(|text| text.split_once('\n')) {
            assert_eq!(without_times(&said(directory.path(), command)), without_times(shown), "{command}");
            commands += 1;
        }
    }
    assert!(files >= 5 && commands >= 4, "{files} files, {commands} commands");
}

/// The commands of a document, each with what it prints: blocks of `console` that begin with `$ `.
fn examples(text: &str) -> Vec<(String, String)> {
    let blocks = text.split("```console\n").skip(1).filter_map(|block| block.split_once("```"));
    let examples = blocks.filter_map(|(block, _)| block.strip_prefix("$ ")?.split_once('\n'));
    examples.map(|(command, printed)| (command.to_owned(), printed.to_owned())).collect()
}

#[test]
fn explanations_in_the_documentation_are_what_is_printed() {
    let examples = examples(&docs("explain.md"));
    assert!(examples.len() >= 4, "{examples:?}");
    let saker = binary("saker");
    let directory = saker.parent().expect("a binary lies in a directory").display();
    let path = format!("{directory}:{}", std::env::var("PATH").unwrap_or_default());
    for (command, printed) in examples {
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        let shell = shell.envs([("PATH", path.as_str()), ("COLUMNS", "100"), ("LC_ALL", "C.UTF-8")]);
        let output = shell.output().expect("a shell");
        assert_eq!(String::from_utf8_lossy(&output.stdout), printed, "{command}");
    }
}
