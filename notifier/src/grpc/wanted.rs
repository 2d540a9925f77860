//! What a client wants of what it may see: a filter, checked and bounded, and the fields that it asks for.

use std::sync::Arc;

use bus::Stored;
use prost_types::FieldMask;
use proto::alerts::v1::{self as wire, Alert, Priority};
use tonic::Status;

use super::mask::Mask;
use super::pattern::Pattern;
use super::viewer::Viewer;
use crate::filter::Filter;
use crate::priority::MinimumPriority;

/// How long the lists and texts of a filter may be.
const MOST_ENTRIES: usize = 256;
const LONGEST_ENTRY: usize = 512;
const LONGEST_CONDITION: usize = 8 * 1024;

/// Where the output names it: the namespace that the event is about.
pub(crate) const NAMESPACE: &str = "ka.target.namespace";

/// What a client sees: what it may, and of that what it wants.
#[derive(Debug, Clone)]
pub(crate) struct View {
    viewer: Arc<Viewer>,
    wanted: Wanted,
    mask: Mask,
}

/// A filter that was checked.
#[derive(Debug, Clone, Default)]
struct Wanted {
    condition: Option<Filter>,
    rules: Vec<Pattern>,
    minimum: MinimumPriority,
    priorities: Vec<Priority>,
    tags: Vec<String>,
    sources: Vec<Pattern>,
    clusters: Vec<Pattern>,
    namespaces: Vec<Pattern>,
}

impl View {
    /// All that the viewer may see.
    pub(crate) fn all(viewer: Arc<Viewer>) -> Self {
        Self { viewer, wanted: Wanted::default(), mask: Mask::default() }
    }

    /// What the viewer asked for.
    pub(crate) fn of(
        viewer: Arc<Viewer>,
        filter: Option<wire::Filter>,
        fields: Option<FieldMask>,
    ) -> Result<Self, Status> {
        let wanted = filter.map(Wanted::of).transpose()?.unwrap_or_default();
        Ok(Self { viewer, wanted, mask: Mask::of(fields)? })
    }

    pub(crate) fn viewer(&self) -> &Arc<Viewer> {
        &self.viewer
    }

    /// Whether the alert is shown.
    pub(crate) fn shows(&self, alert: &Alert) -> bool {
        self.viewer.may_see(alert) && self.wanted.admits(alert)
    }

    /// Whether a message of the bus is an alert for all that is shown.
    pub(crate) fn shows_stored(&self, stored: &Stored<Alert>) -> bool {
        !stored.addressed && self.shows(&stored.message)
    }

    /// The alert with the fields that were asked for.
    pub(crate) fn masked(&self, alert: &Alert) -> Alert {
        self.mask.apply(alert)
    }
}

impl Wanted {
    fn of(filter: wire::Filter) -> Result<Self, Status> {
        let wire::Filter { condition, rules, min_priority, priorities, tags, sources, clusters, namespaces } =
            filter;
        if condition.len() > LONGEST_CONDITION {
            let text = format!("filter.condition is longer than {LONGEST_CONDITION} bytes");
            return Err(Status::invalid_argument(text));
        }
        let condition = Some(condition).filter(|condition| !condition.trim().is_empty());
        let condition = condition.map(|text| text.parse()).transpose();
        let condition = condition.map_err(|error: rules::AlertError| {
            Status::invalid_argument(format!("filter.condition: {error}"))
        })?;
        let named = |key: &str, number: i32| {
            Priority::try_from(number)
                .map_err(|_| Status::invalid_argument(format!("{key}: there is no priority {number}")))
        };
        let minimum = match named("filter.min_priority", min_priority)? {
            Priority::Unspecified => MinimumPriority::default(),
            priority => priority.into(),
        };
        let priorities = bounded("priorities", priorities)?.into_iter();
        let patterns = |key: &str, texts: Vec<String>| -> Result<Vec<Pattern>, Status> {
            Ok(short(key, texts)?.into_iter().map(Pattern::from).collect())
        };
        Ok(Self {
            condition,
            rules: patterns("rules", rules)?,
            minimum,
            priorities: priorities
                .map(|number| named("filter.priorities", number))
                .collect::<Result<_, _>>()?,
            tags: short("tags", tags)?,
            sources: patterns("sources", sources)?,
            clusters: patterns("clusters", clusters)?,
            namespaces: patterns("namespaces", namespaces)?,
        })
    }

    fn admits(&self, alert: &Alert) -> bool {
        let priorities = &self.priorities;
        any(&self.rules, &alert.rule)
            && self.minimum.admits(alert)
            && (priorities.is_empty() || priorities.contains(&alert.priority()))
            && (self.tags.is_empty() || self.tags.iter().any(|tag| alert.tags.contains(tag)))
            && any(&self.sources, &alert.source)
            && any(&self.clusters, &alert.cluster)
            && in_namespace(&self.namespaces, alert)
            && self.condition.as_ref().is_none_or(|condition| condition.admits(alert))
    }
}

/// Whether one of them matches, or there are none.
pub(crate) fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(text))
}

/// Whether the alert says that its event is about one of these namespaces, or there are none.
pub(crate) fn in_namespace(patterns: &[Pattern], alert: &Alert) -> bool {
    use proto::alerts::v1::value::Kind;
    patterns.is_empty()
        || alert.fields.iter().filter(|field| field.name == NAMESPACE).any(|field| {
            match field.value.as_ref().and_then(|value| value.kind.as_ref()) {
                Some(Kind::Text(namespace)) => any(patterns, namespace),
                _ => false,
            }
        })
}

fn bounded<T>(key: &str, entries: Vec<T>) -> Result<Vec<T>, Status> {
    if entries.len() > MOST_ENTRIES {
        let text =
            format!("filter.{key} has {} entries, and at most {MOST_ENTRIES} are taken", entries.len());
        return Err(Status::invalid_argument(text));
    }
    Ok(entries)
}

fn short(key: &str, texts: Vec<String>) -> Result<Vec<String>, Status> {
    let texts = bounded(key, texts)?;
    if texts.iter().any(|text| text.len() > LONGEST_ENTRY) {
        let text = format!("an entry of filter.{key} is longer than {LONGEST_ENTRY} bytes");
        return Err(Status::invalid_argument(text));
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::alert;
    use proto::alerts::v1::Filter;

    fn shows(filter: Filter, alert: &Alert) -> bool {
        View::of(Arc::new(Viewer::anybody(1)), Some(filter), None).unwrap().shows(alert)
    }

    #[test]
    fn all_that_is_set_must_hold_and_one_entry_of_a_list_is_enough() {
        let mut alert = alert();
        let text = |text: &str| vec!["other".to_owned(), text.to_owned()];
        let none = Filter::default;
        for (filter, expected) in [
            (none(), true),
            (Filter { rules: text("Attach*"), ..none() }, true),
            (Filter { rules: text("attach*"), ..none() }, false),
            (Filter { min_priority: Priority::Notice.into(), ..none() }, true),
            (Filter { min_priority: Priority::Error.into(), ..none() }, false),
            (Filter { priorities: vec![Priority::Warning.into()], ..none() }, true),
            (Filter { priorities: vec![Priority::Debug.into()], ..none() }, false),
            (Filter { tags: text("k8s"), ..none() }, true),
            (Filter { tags: text("k8"), ..none() }, false),
            (Filter { sources: text("k8s_*"), clusters: text("prod"), ..none() }, true),
            (Filter { sources: text("k8s_*"), clusters: text("test"), ..none() }, false),
            (Filter { namespaces: text("*"), ..none() }, false),
            (
                Filter { condition: "alert.priority >= warning and ka.user.name = alice".into(), ..none() },
                true,
            ),
            (Filter { condition: "alert.rule startswith Detach".into(), ..none() }, false),
        ] {
            assert_eq!(shows(filter.clone(), &alert), expected, "{filter:?}");
        }
        let mut namespace = alert.fields[1].clone();
        namespace.name = NAMESPACE.to_owned();
        alert.fields.push(namespace);
        assert!(!shows(Filter { namespaces: text("w?b*"), ..none() }, &alert));
        assert!(shows(Filter { namespaces: text("we*"), ..none() }, &alert));
    }

    #[test]
    fn what_is_too_much_or_nothing_is_refused() {
        for (filter, says) in [
            (Filter { tags: vec![String::new(); 257], ..Filter::default() }, "filter.tags has 257"),
            (Filter { rules: vec!["x".repeat(513)], ..Filter::default() }, "filter.rules is longer"),
            (Filter { condition: "x".repeat(9000), ..Filter::default() }, "filter.condition is longer"),
            (Filter { condition: "alert.rul = x".into(), ..Filter::default() }, "alert.rul"),
            (
                Filter { min_priority: 99, ..Filter::default() },
                "filter.min_priority: there is no priority 99",
            ),
        ] {
            let status = View::of(Arc::new(Viewer::anybody(1)), Some(filter), None).unwrap_err();
            assert!(status.message().contains(says), "{status}");
        }
    }
}
