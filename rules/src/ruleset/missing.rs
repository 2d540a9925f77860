//! Keys that are missing, told together where there is no more to say of one than of the others.

use super::item::Report;
use crate::diagnostic::{Code, Diagnostic};

/// What is said of one.
pub(super) fn message(key: &str) -> String {
    format!("key `{key}` is missing")
}

impl Report<'_> {
    /// Joins what has been said of missing `keys` from the `first` problem on.
    pub(super) fn join_missing(&mut self, first: usize, keys: &[&str]) {
        let later = self.diagnostics.split_off(first.min(self.diagnostics.len()));
        let mut joined: Option<(usize, Vec<&str>)> = None;
        for found in later {
            let key = keys.iter().find(|key| found.code == Code::MissingKey && found.message == message(key));
            match (key, &mut joined) {
                (Some(key), Some((at, names)))
                    if self.diagnostics.get(*at).is_some_and(|one| alike(one, &found)) =>
                {
                    names.push(key);
                    continue;
                }
                (Some(key), None) => joined = Some((self.diagnostics.len(), vec![*key])),
                _ => {}
            }
            self.diagnostics.push(found);
        }
        if let Some((at, names)) = joined
            && let Some(one) = self.diagnostics.get_mut(at)
            && let [names @ .., last] = names.as_slice()
            && !names.is_empty()
        {
            one.message = format!("keys `{}` and `{last}` are missing", names.join("`, `"));
        }
    }
}

/// Whether two problems differ in nothing but the key.
fn alike(one: &Diagnostic, other: &Diagnostic) -> bool {
    (one.span, &one.labels, &one.help) == (other.span, &other.labels, &other.help)
}
