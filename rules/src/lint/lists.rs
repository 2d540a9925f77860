//! R209: lists that are put in where none was meant. The language puts them in as text, wherever their names stand
//! alone.

use super::Finding;
use super::spot::{Spot, Spots};
use super::subject::{Subject, Unit};
use crate::diagnostic::Code;
use crate::ruleset::List;
use crate::ruleset::sourced::Sourced;

pub(super) fn lint(subject: &Subject<'_>, unit: &Unit<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let (mut used, mut spots) = (Vec::<String>::new(), Spots::default());
    subject.lists.trace(&unit.written, &mut |name, text, range| {
        // List by list, and for each of them the text anew.
        if used.last().is_none_or(|known| known != name) {
            used.push(name.to_owned());
            spots = Spots::default();
        }
        if let Some((message, help)) = misplaced(name, spots.of(text.text(), range.start)) {
            found.push(Finding::new(Code::ListMisplaced, text.span(range), message, help));
        }
    });
    for list in used.iter().filter_map(|name| subject.collection.lists.get(name)) {
        found.extend(list.items.iter().filter_map(|item| on_item(list, item)));
    }
    found
}

fn misplaced(name: &str, spot: Spot) -> Option<(String, String)> {
    let rename = "rename the list: its name is replaced wherever it stands alone, also in quotes".to_owned();
    Some(match spot {
        Spot::Values => return None,
        Spot::Quoted => (format!("the items of list `{name}` are put into this quoted text"), rename),
        Spot::Value => (
            format!("`{name}` is the name of a list: its items stand here instead"),
            format!("write `\"{name}\"` for the text, or `in ({name})` for the list"),
        ),
        Spot::Bare => (
            format!("list `{name}` stands here without parentheses: with two items this cannot be read"),
            format!("write `({name})`"),
        ),
        Spot::Elsewhere => {
            (format!("the items of list `{name}` are put in here, where no list belongs"), rename)
        }
    })
}

fn on_item(list: &List, item: &Sourced) -> Option<Finding> {
    let text = item.text();
    let is_quoted = text.starts_with(['"', '\'']) || text.contains(' ');
    let (message, help) = if text.is_empty() {
        let message = format!("an empty item of list `{}` is lost where it comes first", list.name);
        (message, "write it as `'\"\"'`".to_owned())
    } else if text.contains(',') && !is_quoted {
        let message =
            format!("this item of list `{}` counts as several: it is put in as it stands", list.name);
        (message, format!("write it as `'\"{text}\"'`"))
    } else {
        return None;
    };
    let span = item.span(0..item.len()).or(Some(list.heading.span));
    Some(Finding::new(Code::ListMisplaced, span, message, help))
}
