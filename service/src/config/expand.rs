//! `${NAME}` and `${file:/path}` in strings.

use serde_json::Value;

use super::layers::Merged;
use super::{KeyPath, Problem};

/// Expands all strings of the tree in place.
pub(crate) fn strings(merged: &mut Merged, environment: &[(String, String)], problems: &mut Vec<Problem>) {
    let mut written = Vec::new();
    collect(&merged.tree, &KeyPath::default(), &mut written);
    for (path, text) in written {
        match expanded(&text, environment) {
            Ok(new) => {
                if let Some(place) = path.find_mut(&mut merged.tree) {
                    *place = Value::String(new);
                }
                merged.loose.insert(path);
            }
            Err(message) => problems.push(Problem::at(path, message).or_from(merged)),
        }
    }
}

/// The strings that need it.
fn collect(value: &Value, path: &KeyPath, into: &mut Vec<(KeyPath, String)>) {
    match value {
        Value::String(text) if text.contains("${") => into.push((path.clone(), text.clone())),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect(item, &path.item(index), into));
        }
        Value::Object(table) => table.iter().for_each(|(key, item)| collect(item, &path.key(key), into)),
        _ => {}
    }
}

fn expanded(text: &str, environment: &[(String, String)]) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(literal) = before.strip_suffix('$') {
            result.extend([literal, "${"]);
            rest = after;
            continue;
        }
        let Some((reference, next)) = after.split_once('}') else {
            return Err("`${` without `}`; write `$${` for a literal one".to_owned());
        };
        result.push_str(before);
        result.push_str(&looked_up(reference, environment)?);
        rest = next;
    }
    result.push_str(rest);
    Ok(result)
}

fn looked_up(reference: &str, environment: &[(String, String)]) -> Result<String, String> {
    if let Some(path) = reference.strip_prefix("file:") {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
        // Editors and `kubectl create secret` end a file with a line break that nobody means.
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    let is_name = !reference.is_empty() && reference.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(format!(
            "`${{{reference}}}` is neither ${{NAME}} nor ${{file:/path}}; write `$${{` for a literal `${{`"
        ));
    }
    let value = environment.iter().find(|(name, _)| name == reference).map(|(_, value)| value.clone());
    value.ok_or_else(|| format!("the environment variable {reference} is not set"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> Result<String, String> {
        expanded(text, &[("TOKEN".to_owned(), "geheim".to_owned()), ("EMPTY".to_owned(), String::new())])
    }

    #[test]
    fn references_are_replaced() {
        assert_eq!(run("a ${TOKEN} b${EMPTY} ${TOKEN}").unwrap(), "a geheim b geheim");
        assert_eq!(run("cost: $5 $${TOKEN} {x}").unwrap(), "cost: $5 ${TOKEN} {x}");
    }

    #[test]
    fn what_cannot_be_replaced_says_why() {
        assert_eq!(run("${NOPE}").unwrap_err(), "the environment variable NOPE is not set");
        assert!(run("${TOKEN").unwrap_err().contains("without `}`"));
        assert!(run("${a b}").unwrap_err().contains("`${a b}` is neither"));
        assert!(run("${file:/does/not/exist}").unwrap_err().starts_with("cannot read /does/not/exist: "));
    }

    #[test]
    fn a_file_loses_its_last_line_break() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "geheim\n").unwrap();
        assert_eq!(run(&format!("Bearer ${{file:{}}}", file.path().display())).unwrap(), "Bearer geheim");
    }
}
