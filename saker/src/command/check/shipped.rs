//! Advice to who checks rules without the shipped ruleset that they build on.

use rules::report::Inventory;
use rules::{Code, Diagnostic, SourceFile};

/// Says of what is not there that the shipped ruleset has it.
pub(super) fn advise(files: &[SourceFile], problems: &mut [Diagnostic]) {
    let mut shipped = None;
    let is_missing =
        |problem: &&mut Diagnostic| matches!(problem.code, Code::UndefinedMacro | Code::NothingToChange);
    for problem in problems.iter_mut().filter(is_missing) {
        let shipped = shipped.get_or_insert_with(|| Inventory::of(&rules::shipped()));
        if let Some((name, file)) = missing(problem, files, shipped) {
            problem.help = Some(format!("`{name}` is in the shipped ruleset: name `builtin` before {file}"));
        }
    }
}

/// What the problem misses, if the shipped ruleset has it, and the file that it is missed in.
fn missing(problem: &Diagnostic, files: &[SourceFile], shipped: &Inventory) -> Option<(String, String)> {
    let span = problem.span?;
    let file = files.get(span.file)?;
    let (name, is_shipped) = if problem.code == Code::UndefinedMacro {
        let name = file.text.get(span.start..span.end)?;
        (name, shipped.macros.contains(name))
    } else {
        let name = problem.context.last()?.name.as_str();
        (name, [&shipped.rules, &shipped.macros, &shipped.lists].iter().any(|names| names.contains(name)))
    };
    is_shipped.then(|| (name.to_owned(), file.name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn helps(text: &str) -> Vec<String> {
        let files = [SourceFile { name: "a.yaml".to_owned(), text: text.to_owned() }];
        let mut problems = rules::load(&files, &rules::Options::default()).diagnostics;
        advise(&files, &mut problems);
        problems.into_iter().filter_map(|problem| problem.help).collect()
    }

    #[test]
    fn what_is_shipped_is_told() {
        let shipped = Inventory::of(&rules::shipped());
        let (known, list) = (shipped.macros.first().unwrap(), shipped.lists.first().unwrap());
        let told = helps(&format!(
            "- macro: m\n  condition: {known}\n- list: {list}\n  items: [a]\n  override: {{items: append}}\n"
        ));
        let expected = |name| format!("`{name}` is in the shipped ruleset: name `builtin` before a.yaml");
        assert_eq!(told, [expected(known), expected(list)]);
    }

    #[test]
    fn what_is_nowhere_keeps_its_help() {
        let told = helps("- macro: m\n  condition: nowhere_at_all\n");
        assert!(told.len() == 1 && !told.concat().contains("builtin"), "{told:?}");
    }
}
