//! Which macros and lists are used by what: by macros and lists, or by which rules.

use std::collections::{BTreeMap, HashSet};

/// The names in use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Usage {
    general: Names,
    /// By the rule's position.
    rules: BTreeMap<usize, Names>,
}

/// Names of macros and lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) macros: HashSet<String>,
    pub(crate) lists: HashSet<String>,
}

impl Usage {
    /// What is used by a rule, or by no rule in particular.
    pub(crate) fn by(&mut self, rule: Option<usize>) -> &mut Names {
        match rule {
            Some(position) => self.rules.entry(position).or_default(),
            None => &mut self.general,
        }
    }

    /// Forgets what a rule uses: it has been left out.
    pub(crate) fn forget(&mut self, rule: usize) {
        self.rules.remove(&rule);
    }

    pub(crate) fn uses_macro(&self, name: &str) -> bool {
        self.all().any(|names| names.macros.contains(name))
    }

    pub(crate) fn uses_list(&self, name: &str) -> bool {
        self.all().any(|names| names.lists.contains(name))
    }

    fn all(&self) -> impl Iterator<Item = &Names> {
        std::iter::once(&self.general).chain(self.rules.values())
    }
}
