//! Lists are put into conditions as text, before anything is parsed, exactly as Falco does it: wherever the name of a
//! list stands between blanks, parentheses, commas or equals signs, be it inside quotes.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use super::collection::{List, Named};
use super::exceptions::quoted;
use super::outline::NamedList;
use super::sourced::Sourced;

/// All conditions of a ruleset together may not grow by more than this: lists that name lists that name lists can
/// double them with each step, and a long list may be put into many.
const MAX_GROWTH: usize = 16 << 20;

/// A condition has outgrown all measure.
#[derive(Debug)]
pub(crate) struct TooLong;

/// Lists with the names of earlier lists among their items replaced, ready to be put into conditions.
#[derive(Debug)]
pub(crate) struct Lists {
    lists: Vec<Ready>,
    /// By how much conditions may still grow.
    left: usize,
}

#[derive(Debug)]
struct Ready {
    name: String,
    /// What it stands for, for whoever asks.
    named: Arc<NamedList>,
    /// The items as they are put in.
    text: Sourced,
    used: bool,
}

impl Lists {
    pub(crate) fn new(lists: &Named<List>) -> Self {
        let mut used = HashSet::new();
        let ready = lists.iter().map(|list| {
            let (name, items) = (list.name.clone(), expanded(list, lists, &mut used));
            let texts = items.iter().map(|item| item.text().to_owned()).collect();
            let named = Arc::new(NamedList { name: name.clone(), items: texts });
            Ready { name, named, text: joined(&items), used: false }
        });
        let mut ready: Vec<_> = ready.collect();
        for list in &mut ready {
            list.used = used.contains(&list.name);
        }
        Self { lists: ready, left: MAX_GROWTH }
    }

    /// Puts all lists, in order of definition, into a condition; says in `used` which were there.
    pub(crate) fn substitute(
        &mut self,
        mut condition: Sourced,
        used: &mut Vec<String>,
    ) -> Result<Sourced, TooLong> {
        let own = condition.len();
        for list in &self.lists {
            if let Some(substituted) = list.substitute(&condition, own + self.left)? {
                condition = substituted;
                used.push(list.name.clone());
            }
        }
        self.left -= condition.len().saturating_sub(own).min(self.left);
        Ok(condition)
    }

    /// Every place where a list is put into a condition: its name, the text as it stands by then, and where in it.
    pub(crate) fn trace(&self, condition: &Sourced, visit: &mut dyn FnMut(&str, &Sourced, Range<usize>)) {
        let own = condition.len();
        let mut condition = condition.clone();
        for list in &self.lists {
            let mut from = 0;
            while let Some(start) = find(condition.text(), &list.name, from) {
                let end = start + list.name.len();
                if is_delimited(condition.text(), start, end) {
                    visit(&list.name, &condition, start..end);
                }
                from = start + 1;
            }
            match list.substitute(&condition, own + MAX_GROWTH) {
                Ok(Some(substituted)) => condition = substituted,
                Ok(None) => {}
                Err(TooLong) => return,
            }
        }
    }

    /// The list of that name.
    pub(super) fn named(&self, name: &str) -> Option<Arc<NamedList>> {
        self.lists.iter().find(|list| list.name == name).map(|list| Arc::clone(&list.named))
    }

    /// The names of lists that other lists use.
    pub(crate) fn used_by_lists(&self) -> impl Iterator<Item = &str> {
        self.lists.iter().filter(|list| list.used).map(|list| list.name.as_str())
    }
}

/// The items of a list; an item that names another list stands for that one's items, one level deep, if the other was
/// defined before this one was last changed.
pub(super) fn expanded<'l>(
    list: &'l List,
    lists: &'l Named<List>,
    used: &mut HashSet<String>,
) -> Vec<&'l Sourced> {
    let mut items = Vec::new();
    for item in &list.items {
        match lists.get(item.text()).filter(|other| other.order.index < list.order.visibility) {
            Some(other) => {
                used.insert(other.name.clone());
                items.extend(&other.items);
            }
            None => items.push(item),
        }
    }
    items
}

fn joined(items: &[&Sourced]) -> Sourced {
    let mut text = Sourced::default();
    for item in items {
        // While nothing but empty items has come there is no comma either.
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push(&quoted(item));
    }
    text
}

impl Ready {
    /// The condition with the list put in wherever it is named; nothing if it is not.
    fn substitute(&self, condition: &Sourced, max_len: usize) -> Result<Option<Sourced>, TooLong> {
        let text = condition.text();
        let mut done = Sourced::default();
        // What lies before `taken` is in `done`; names are looked for from `from` on.
        let (mut taken, mut from) = (0, 0);
        while let Some(start) = find(text, &self.name, from) {
            let end = start + self.name.len();
            from = start + 1;
            if !is_delimited(text, start, end) {
                continue;
            }
            done.push_part(condition, taken..start);
            taken = self.put_in(&mut done, text, end);
            // Falco goes on one character too far where nothing stands before the name.
            from = if done.len() == self.text.len() + 1 { taken + 1 } else { taken };
            if done.len() > max_len {
                return Err(TooLong);
            }
        }
        if taken == 0 {
            return Ok(None);
        }
        done.push_part(condition, taken..condition.len());
        Ok(Some(done))
    }

    /// Puts the list behind what is done, in the place of its name, which ends at `end`; where to go on.
    fn put_in(&self, done: &mut Sourced, text: &str, end: usize) -> usize {
        done.pop_while(is_blank);
        let rest = text.get(end..).unwrap_or_default();
        let mut next = end + rest.len() - rest.trim_start_matches(is_blank).len();
        if self.text.is_empty() {
            // Of an empty list the comma on its left goes too, or else the one on its right.
            if done.text().ends_with(',') {
                done.truncate(done.len() - 1);
            } else if text.get(next..).is_some_and(|rest| rest.starts_with(',')) {
                next += 1;
            }
        }
        done.push_str(if done.is_empty() { "" } else { " " });
        done.push(&self.text);
        done.push_str(" ");
        next
    }
}

fn find(text: &str, name: &str, from: usize) -> Option<usize> {
    let rest = text.as_bytes().get(from..)?;
    memmem::find(rest, name.as_bytes()).map(|at| from + at)
}

fn is_delimited(text: &str, start: usize, end: usize) -> bool {
    let delimits = |c: Option<char>| c.is_none_or(|c| is_blank(c) || matches!(c, '(' | ')' | ',' | '='));
    let before = text.get(..start).and_then(|text| text.chars().next_back());
    delimits(before) && delimits(text.get(end..).and_then(|text| text.chars().next()))
}

/// What a list's name may stand between.
pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::super::collection::{Heading, Order};
    use super::*;
    use crate::source::Span;

    fn text(text: &str) -> Sourced {
        let mut sourced = Sourced::default();
        sourced.push_str(text);
        sourced
    }

    /// The condition with the lists, `name: item item`, put in.
    fn substituted(lists: &[&str], condition: &str) -> String {
        let mut named = Named::default();
        for (index, list) in lists.iter().enumerate() {
            let (name, items) = list.split_once(':').unwrap();
            let items = items.split('|').filter(|item| !item.is_empty());
            let list = List {
                name: name.to_owned(),
                items: items.map(|item| text(item.trim_matches('_'))).collect(),
                heading: Heading { context: Vec::new(), span: Span::of_file(0) },
                order: Order { index, visibility: index },
                history: Vec::new(),
            };
            named.put(name, list);
        }
        Lists::new(&named).substitute(text(condition), &mut Vec::new()).unwrap().text().to_owned()
    }

    #[test]
    fn blanks_around_a_name_become_one() {
        assert_eq!(substituted(&["l:a|b"], "x in (l)"), "x in ( a, b )");
        assert_eq!(substituted(&["l:a"], "x =  l  or y"), "x = a or y");
        assert_eq!(substituted(&["l:a"], "l"), "a ");
    }

    #[test]
    fn only_delimited_names_count() {
        assert_eq!(substituted(&["l:a"], "x in (ll, l.l, [l]) \"l\""), "x in (ll, l.l, [l]) \"l\"");
        assert_eq!(substituted(&["l:a"], "\"is l here\""), "\"is a here\"");
    }

    #[test]
    fn names_side_by_side() {
        assert_eq!(substituted(&["l:a"], "(l l)"), "( a a )");
        assert_eq!(substituted(&["l:a"], "(l,l)"), "( a , a )");
        assert_eq!(substituted(&["l:a"], "l l"), "a l");
        assert_eq!(substituted(&["e:"], "(x, e, e, y)"), "(x    , y)");
    }

    #[test]
    fn an_empty_list_takes_a_comma_along() {
        assert_eq!(substituted(&["e:"], "x in (a, e, b)"), "x in (a  , b)");
        assert_eq!(substituted(&["e:"], "x in (e, b)"), "x in (   b)");
        assert_eq!(substituted(&["e:"], "x in (e)"), "x in (  )");
    }

    #[test]
    fn items_with_spaces_are_quoted_and_an_empty_first_item_vanishes() {
        assert_eq!(substituted(&["l:a b|c"], "x in (l)"), "x in ( \"a b\", c )");
        assert_eq!(substituted(&["l:__|c"], "x in (l)"), "x in ( c )");
    }

    #[test]
    fn lists_in_lists_go_one_level_deep() {
        assert_eq!(substituted(&["c:x", "b:c", "a:b"], "v in (a)"), "v in ( c )");
        assert_eq!(substituted(&["a:b", "b:c", "c:x"], "v in (a)"), "v in ( x )");
    }

    #[test]
    fn growth_is_bounded() {
        let lists: Vec<_> = (0..40).map(|level| format!("l{level}:l{0}|l{0}", level + 1)).collect();
        let mut named = Named::default();
        for (index, list) in lists.iter().enumerate() {
            let (name, items) = list.split_once(':').unwrap();
            let heading = Heading { context: Vec::new(), span: Span::of_file(0) };
            let order = Order { index, visibility: index };
            let items = items.split('|').map(text).collect();
            let history = Vec::new();
            named.put(name, List { name: name.to_owned(), items, heading, order, history });
        }
        assert!(Lists::new(&named).substitute(text("x in (l0)"), &mut Vec::new()).is_err());
    }
}
