//! Which paths count for an event, and for which objects in it: those built in and those that were set.

use super::facts::{Facts, Kind};
use super::path::Path;
use super::settings::{Builtin, Settings};

/// Where `kubectl apply` notes down what was applied.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// By what an event is about, whatever its objects say of themselves: a patch need not say it. The last is where the API
/// server notes down what mutating webhooks changed.
const SECRETS: [&str; 7] = [
    "secrets:*Object.data.*",
    "secrets:*Object.stringData.*",
    "secrets:*Object.items[*].data.*",
    "secrets:*Object.items[*].stringData.*",
    "secrets:*Object.rows[*].object.data.*",
    "secrets:*Object.rows[*].object.stringData.*",
    r#"secrets:annotations["patch.webhook.admission.k8s.io/*"]"#,
];

const TOKENS: [&str; 2] = ["serviceaccounts/token:*Object.status.token", "tokenreviews:*Object.spec.token"];

/// By what an object says of itself, however deep it stands in another.
const SECRET_OBJECTS: [(Kind, &str); 4] = [
    (Kind::Secret, "data.*"),
    (Kind::Secret, "stringData.*"),
    (Kind::SecretList, "items[*].data.*"),
    (Kind::SecretList, "items[*].stringData.*"),
];

const TOKEN_OBJECTS: [(Kind, &str); 2] =
    [(Kind::TokenRequest, "status.token"), (Kind::TokenReview, "spec.token")];

/// All paths that count.
#[derive(Debug)]
pub(super) struct Rules {
    paths: Vec<(Anchor, Path)>,
    /// Whether what was last applied is redacted.
    pub(super) last_applied: bool,
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    /// At the top of an event of its resource.
    Event,
    /// At each object of a kind.
    Object(Kind),
}

impl Rules {
    pub(super) fn new(settings: &Settings) -> Self {
        let chosen = |builtin| settings.builtin.contains(&builtin);
        let mut paths: Vec<(Anchor, Path)> = Vec::new();
        let mut add =
            |events: &[&str], objects: &[(Kind, &str)]| {
                paths.extend(events.iter().filter_map(|text| Some((Anchor::Event, text.parse().ok()?))));
                paths.extend(objects.iter().filter_map(|(kind, text)| {
                    Some((Anchor::Object(*kind), Path::within_object(text).ok()?))
                }));
            };
        if chosen(Builtin::Secrets) {
            add(&SECRETS, &SECRET_OBJECTS);
        }
        if chosen(Builtin::Tokens) {
            add(&TOKENS, &TOKEN_OBJECTS);
        }
        paths.extend(settings.paths.iter().map(|path| (Anchor::Event, path.clone())));
        Self { paths, last_applied: chosen(Builtin::LastApplied) }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.paths.is_empty() && !self.last_applied
    }

    pub(super) fn path(&self, index: usize) -> Option<&Path> {
        self.paths.get(index).map(|(_, path)| path)
    }

    /// The paths that begin at the top of an event.
    pub(super) fn of_event<'a>(&'a self, facts: &'a Facts) -> impl Iterator<Item = usize> + 'a {
        self.places(|anchor, path| *anchor == Anchor::Event && facts.concern(path.resource()))
    }

    /// The paths that begin at an object of a kind.
    pub(super) fn of_object(&self, kind: Kind) -> impl Iterator<Item = usize> + '_ {
        self.places(move |anchor, _| *anchor == Anchor::Object(kind))
    }

    /// The resources without which no path is about an event; `None` where some are about any.
    pub(super) fn resources(&self) -> Option<Vec<&str>> {
        let events = self.paths.iter().filter(|(anchor, _)| *anchor == Anchor::Event);
        events.map(|(_, path)| path.resource().map(|(resource, _)| resource)).collect()
    }

    /// The kinds that count.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.paths.iter().filter_map(|(anchor, _)| match anchor {
            Anchor::Object(kind) => Some(*kind),
            Anchor::Event => None,
        })
    }

    fn places(&self, is_it: impl Fn(&Anchor, &Path) -> bool) -> impl Iterator<Item = usize> {
        self.paths
            .iter()
            .enumerate()
            .filter(move |(_, (anchor, path))| is_it(anchor, path))
            .map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_built_in_counts() {
        let rules = Rules::new(&Settings::default());
        let expected = SECRETS.len() + TOKENS.len() + SECRET_OBJECTS.len() + TOKEN_OBJECTS.len();
        assert_eq!(rules.paths.len(), expected, "each of them is a path");
        assert!(Rules::new(&Settings { builtin: Vec::new(), ..Settings::default() }).is_empty());
    }
}
