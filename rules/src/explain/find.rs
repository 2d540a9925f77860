//! Rules by names that people type.

use crate::nearest::nearest;

/// A name that means no rule, or more than one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", told(.name, .candidates, *.found))]
pub struct NoSuchRule {
    name: String,
    candidates: Vec<String>,
    found: Found,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// The name is a part of each of the candidates.
    Several,
    /// The candidates are merely like it.
    Nothing,
}

/// More names than this do not help.
const MAX_CANDIDATES: usize = 5;

/// The place of the one of `names` that is meant: by its whole name, or by a part of it that no other has, whatever
/// the case.
///
/// # Errors
/// Where none is meant, or several are.
pub fn find(name: &str, names: &[&str]) -> Result<usize, NoSuchRule> {
    let wanted = name.to_lowercase();
    let exact = names.iter().position(|known| *known == name);
    if let Some(found) = exact.or_else(|| names.iter().position(|known| known.to_lowercase() == wanted)) {
        return Ok(found);
    }
    let contains = |known: &str| known.to_lowercase().contains(&wanted);
    let parts: Vec<_> = names.iter().enumerate().filter(|(_, known)| contains(known)).collect();
    let (candidates, found): (Vec<&str>, _) = match parts.as_slice() {
        [(only, _)] => return Ok(*only),
        [] => (nearest(name, names.iter().copied()), Found::Nothing),
        several => (several.iter().map(|(_, known)| **known).collect(), Found::Several),
    };
    let candidates = candidates.into_iter().map(str::to_owned).collect();
    Err(NoSuchRule { name: name.to_owned(), candidates, found })
}

fn told(name: &str, candidates: &[String], found: Found) -> String {
    let shown: Vec<_> = candidates.iter().take(MAX_CANDIDATES).map(|name| format!("\n  {name}")).collect();
    let more = match candidates.len().saturating_sub(shown.len()) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    let shown = shown.concat();
    match found {
        Found::Several => {
            format!(
                "`{name}` is a part of {} names of rules; say more of one:{shown}{more}",
                candidates.len()
            )
        }
        Found::Nothing if candidates.is_empty() => {
            format!("there is no rule `{name}`; without --rule all rules are listed")
        }
        Found::Nothing => format!("there is no rule `{name}`; nearest are:{shown}{more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["Attach/Exec Pod", "Create Privileged Pod", "K8s Secret Created", "attach"];

    #[test]
    fn a_part_that_only_one_has_is_enough() {
        assert_eq!(find("privileged", NAMES), Ok(1));
        assert_eq!(find("attach/exec pod", NAMES), Ok(0));
        assert_eq!(find("ATTACH", NAMES), Ok(3), "a whole name comes before a part");
    }

    #[test]
    fn what_means_none_or_many_says_which_there_are() {
        let told = |name| find(name, NAMES).map_err(|error| error.to_string());
        assert_eq!(
            told("create"),
            Err("`create` is a part of 2 names of rules; say more of one:\n  Create Privileged Pod\n  K8s Secret Created"
                .to_owned())
        );
        assert_eq!(
            told("K8s Secrets Create"),
            Err("there is no rule `K8s Secrets Create`; nearest are:\n  K8s Secret Created".to_owned())
        );
        assert_eq!(
            told("prvileged pod"),
            Err("there is no rule `prvileged pod`; nearest are:\n  Create Privileged Pod".to_owned())
        );
        assert!(told("zzz").is_err_and(|told| told.contains("without --rule")));
    }
}
