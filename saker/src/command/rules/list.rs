//! All rules in a table.

use rules::ruleset::Catalog;

use super::super::table::table;

/// The table, and how many there are of what.
pub(super) fn page(catalog: &Catalog) -> String {
    let rows: Vec<_> = catalog
        .rules
        .iter()
        .map(|rule| {
            let enabled = if rule.enabled { "yes" } else { "no" };
            [rule.name.clone(), rule.priority.to_string(), enabled.to_owned(), rule.tags.join(", ")]
        })
        .collect();
    let disabled = catalog.rules.iter().filter(|rule| !rule.enabled).count();
    let disabled = if disabled == 0 { String::new() } else { format!(", {disabled} of them disabled") };
    let counts = format!(
        "{}{disabled}; {}, {}\n",
        count(rows.len(), "rule"),
        count(catalog.macros.len(), "macro"),
        count(catalog.lists.len(), "list")
    );
    if rows.is_empty() {
        counts
    } else {
        table(["RULE", "PRIORITY", "ENABLED", "TAGS"], &rows) + "\n" + &counts
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
