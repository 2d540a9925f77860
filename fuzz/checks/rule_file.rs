//! A rule file: it loads or has errors, never both nor neither; all that is said of it points into it; Falco's meaning
//! reports one error at most; and what loads can be described and linted.

use rules::describe::describe;
use rules::{Code, Diagnostic, Loaded, Options, SourceFile, lint, load, report};

/// Holds what must be true of any file against one.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Two files, where the text has a line of their border.
    let parts = text.split("\n=== next file\n").enumerate();
    let files: Vec<_> = parts
        .map(|(number, text)| SourceFile { name: format!("{number}.yaml"), text: text.to_owned() })
        .collect();
    for falco_exact in [false, true] {
        let options = Options { falco_exact, ..Options::default() };
        let loaded = load(&files, &options);
        sound(&loaded, &files);
        pointed(&lint(&files, &options), &files);
        let described = loaded.catalog().map(|catalog| describe(&catalog));
        assert_eq!(described.is_some(), loaded.program.is_some());
        let _ = report::validation(&files, &loaded.diagnostics);
        if falco_exact {
            for index in 0..files.len() {
                let of_file = loaded.diagnostics.iter().filter(|found| found.file == index);
                // Plugins are asked for behind all files.
                let errors =
                    of_file.filter(|found| found.is_error() && found.code != Code::PluginNotSatisfied);
                assert!(errors.count() <= 1, "{:?}", loaded.diagnostics);
            }
        }
    }
}

fn sound(loaded: &Loaded, files: &[SourceFile]) {
    let failed = loaded.diagnostics.iter().any(Diagnostic::is_error);
    assert_eq!(failed, loaded.program.is_none());
    pointed(&loaded.diagnostics, files);
}

fn pointed(diagnostics: &[Diagnostic], files: &[SourceFile]) {
    for diagnostic in diagnostics {
        assert!(!diagnostic.render(files).is_empty());
        let spans = diagnostic.span.into_iter().chain(diagnostic.labels.iter().map(|label| label.span));
        for span in spans {
            let text = &files[span.file].text;
            assert!(text.get(span.start..span.end).is_some(), "{diagnostic} at {span:?}");
        }
    }
}
