//! What rule files have said so far: lists, macros and rules under their names, in order of first definition.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::exceptions::Exception;
use super::history::Change;
use super::read_rule::AUDIT_SOURCE;
use super::sourced::Sourced;
use super::versions::{PluginRequirement, Version};
use crate::diagnostic::{Diagnostic, ItemType, Location};
use crate::priority::Priority;
use crate::source::Span;

/// Everything read so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collection {
    pub(crate) lists: Named<List>,
    pub(crate) macros: Named<Macro>,
    pub(crate) rules: Named<Rule>,
    pub(crate) plugins: Vec<PluginRequirement>,
    /// The highest engine version that is required.
    pub(crate) engine: Version,
    /// Macros whose definition has errors: to call them undefined would be noise.
    pub(crate) broken: HashSet<String>,
    /// The same of lists.
    pub(crate) broken_lists: HashSet<String>,
    /// The same of rules.
    pub(crate) broken_rules: HashSet<String>,
    /// A file could not be read at all: anything may be defined there.
    pub(crate) incomplete: bool,
    /// Definitions, appends and replacements so far.
    touched: usize,
}

/// Items by name, in order of first definition.
#[derive(Debug, Clone)]
pub(crate) struct Named<T> {
    items: Vec<T>,
    places: HashMap<String, usize>,
}

/// When an item was first defined and last changed. A macro sees what was first defined before it was last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) index: usize,
    pub(crate) visibility: usize,
}

/// The parts of an item that messages point at.
#[derive(Debug, Clone)]
pub(crate) struct Heading {
    /// The items it stands in, itself last.
    pub(crate) context: Vec<Location>,
    /// Its kind and name.
    pub(crate) span: Span,
}

/// A list of values.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) name: String,
    pub(crate) items: Vec<Sourced>,
    pub(crate) heading: Heading,
    pub(crate) order: Order,
    pub(crate) history: Vec<Change>,
}

/// A condition with a name.
#[derive(Debug, Clone)]
pub(crate) struct Macro {
    pub(crate) name: String,
    pub(crate) condition: Sourced,
    pub(crate) heading: Heading,
    pub(crate) condition_context: Vec<Location>,
    pub(crate) order: Order,
    pub(crate) history: Vec<Change>,
}

/// A rule as written.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) condition: Sourced,
    pub(crate) output: Sourced,
    pub(crate) description: String,
    pub(crate) priority: Priority,
    pub(crate) source: String,
    pub(crate) enabled: bool,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) skip_if_unknown_filter: bool,
    pub(crate) capture: bool,
    pub(crate) capture_duration: u32,
    pub(crate) heading: Heading,
    pub(crate) condition_context: Vec<Location>,
    pub(crate) output_context: Vec<Location>,
    pub(crate) history: Vec<Change>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: HashMap::new() }
    }
}

impl<T> Named<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.items.get(*self.places.get(name)?)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.items.get_mut(*self.places.get(name)?)
    }

    /// The item that stands at a position.
    pub(crate) fn at(&self, position: usize) -> Option<&T> {
        self.items.get(position)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// Takes the place of the item of that name, or comes last.
    pub(crate) fn put(&mut self, name: &str, item: T) {
        if let Some(earlier) = self.get_mut(name) {
            *earlier = item;
            return;
        }
        self.places.insert(name.to_owned(), self.items.len());
        self.items.push(item);
    }
}

impl Collection {
    /// The list or macro whose definition a place is in.
    fn home(&self, span: Span) -> Option<&Location> {
        let lists = self.lists.iter().map(|list| &list.heading);
        let headings = lists.chain(self.macros.iter().map(|known| &known.heading));
        headings.filter_map(|heading| heading.context.last()).find(|home| {
            home.span.file == span.file && home.span.start <= span.start && span.end <= home.span.end
        })
    }

    /// Says of a problem of the item under `heading` which list or macro brought it in, if another did.
    pub(crate) fn tell_origin(&self, diagnostic: Diagnostic, heading: &Heading) -> Diagnostic {
        let (Some(user), Some(home)) =
            (heading.context.last(), diagnostic.span.and_then(|span| self.home(span)))
        else {
            return diagnostic;
        };
        if home == user {
            return diagnostic;
        }
        let remark = format!("in {} `{}`", home.item.name(), home.name);
        let used = format!("used by {} `{}`", user.item.name(), user.name);
        let place = self.named_by(user, &home.name).unwrap_or(heading.span);
        Diagnostic { remark: Some(remark), ..diagnostic }.with_label(place, used)
    }

    /// Where the condition of a rule or macro names a list or macro, if it does so itself.
    fn named_by(&self, user: &Location, name: &str) -> Option<Span> {
        let condition = match user.item {
            ItemType::Rule => &self.rules.get(&user.name)?.condition,
            ItemType::Macro => &self.macros.get(&user.name)?.condition,
            _ => return None,
        };
        let text = condition.text();
        let belongs = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let is_whole = |start: usize| {
            let behind = text.get(start + name.len()..).and_then(|behind| behind.chars().next());
            let before = text.get(..start).and_then(|before| before.chars().next_back());
            !before.is_some_and(belongs) && !behind.is_some_and(belongs)
        };
        let (start, _) = text.match_indices(name).find(|(start, _)| is_whole(*start))?;
        condition.span(start..start + name.len())
    }

    /// Names and sources of the rules that are not for audit events.
    pub(crate) fn foreign_rules(&self) -> impl Iterator<Item = (String, String)> {
        let foreign = self.rules.iter().filter(|rule| rule.source != AUDIT_SOURCE);
        foreign.map(|rule| (rule.name.clone(), rule.source.clone()))
    }

    /// Counts a definition or change.
    pub(crate) fn touch(&mut self) -> usize {
        self.touched += 1;
        self.touched - 1
    }

    /// The order of a definition, given that of an earlier one under the same name.
    pub(crate) fn order(&mut self, earlier: Option<Order>) -> Order {
        let now = self.touch();
        Order { index: earlier.map_or(now, |earlier| earlier.index), visibility: now }
    }
}
