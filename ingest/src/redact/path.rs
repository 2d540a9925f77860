//! The paths that people set: `deployments:*Object.spec.template.spec.containers[*].env[*].value`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::{fold, spells, text};

/// How many steps a path has at most.
const MOST_STEPS: usize = 64;

/// Where a path may begin: the parts of an event that come from clients. All else is the API server's own, and rules
/// need it.
const BEGINNINGS: [&str; 10] = [
    "requestObject",
    "responseObject",
    "*Object",
    "annotations",
    "user",
    "impersonatedUser",
    "requestURI",
    "userAgent",
    "sourceIPs",
    "responseStatus",
];

/// Which values of an event are replaced: `[RESOURCE:]PATH`. `RESOURCE` is that of the event's `objectRef`, perhaps with a
/// subresource (`pods/exec`). `PATH` names keys from the top of the event, with dots between them; `.*` and `[*]` stand
/// for every member of an object and every element of a list, a `*` in a key for any text, and `["…"]` is a key with
/// characters of its own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Path {
    text: String,
    resource: Option<(String, Option<String>)>,
    steps: Vec<Step>,
    /// The first of the steps at the end that take everything.
    any_from: usize,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Every member or element.
    Any,
    /// The members of this name.
    Key(String),
    /// The members whose names begin and end so; in lower case.
    Like(String, String),
}

/// Text that is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no path: character {at}: {wrong}")]
pub struct PathError {
    text: String,
    at: usize,
    wrong: String,
}

impl Path {
    /// A path from the top of an object of some kind instead of an event.
    pub(super) fn within_object(text: &str) -> Result<Self, PathError> {
        Parser::new(text).steps().map(|steps| Self::new(text, None, steps))
    }

    fn new(text: &str, resource: Option<(String, Option<String>)>, steps: Vec<Step>) -> Self {
        let any = steps.iter().rev().take_while(|step| **step == Step::Any).count();
        Self { text: text.to_owned(), resource, any_from: steps.len() - any, steps }
    }

    /// The resource and perhaps the subresource whose events it is about; none for all.
    pub(super) fn resource(&self) -> Option<(&str, Option<&str>)> {
        self.resource.as_ref().map(|(resource, sub)| (resource.as_str(), sub.as_deref()))
    }

    pub(super) fn step(&self, index: usize) -> Option<&Step> {
        self.steps.get(index)
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether from this step on everything is taken, so that a value which is no object and no list is taken itself.
    pub(super) fn takes_all_from(&self, index: usize) -> bool {
        index >= self.any_from
    }
}

impl Step {
    /// Whether it leads to the member with this key, as it is written between its quotes.
    pub(super) fn takes_written(&self, key: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Key(name) => spells(key, name),
            Self::Like(..) => self.takes(&String::from_utf8_lossy(&text(key))),
        }
    }

    /// Whether it leads to the member with this key, or to the element with this index.
    pub(super) fn takes(&self, key: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Key(name) => fold(key) == fold(name),
            Self::Like(head, tail) => {
                let key = fold(key);
                key.len() >= head.len() + tail.len()
                    && key.starts_with(head.as_str())
                    && key.ends_with(tail.as_str())
            }
        }
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut parser = Parser::new(text);
        let resource = parser.resource()?;
        let begins = parser.at;
        let rest = parser.rest();
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let first = rest.get(..end).unwrap_or_default();
        if !BEGINNINGS.contains(&first) {
            let known = BEGINNINGS.join(", ");
            return Err(parser.error(begins, format!("a path begins with one of {known}")));
        }
        let steps = parser.steps()?;
        Ok(Self::new(text, resource, steps))
    }
}

impl TryFrom<String> for Path {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        text.parse()
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.text
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reads a path from its beginning on.
struct Parser<'a> {
    text: &'a str,
    /// The next byte.
    at: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self, at: usize, wrong: impl Into<String>) -> PathError {
        let before = self.text.get(..at).unwrap_or(self.text).chars().count();
        PathError { text: self.text.to_owned(), at: before + 1, wrong: wrong.into() }
    }

    /// What stands before the colon, where one stands before any dot or bracket.
    fn resource(&mut self) -> Result<Option<(String, Option<String>)>, PathError> {
        let Some(colon) = self.text.find([':', '[']).filter(|at| self.text.get(*at..=*at) == Some(":"))
        else {
            return Ok(None);
        };
        let named = self.text.get(..colon).unwrap_or_default();
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '/');
        if let Some(at) = named.find(|c| !is_word(c)) {
            return Err(self.error(
                at,
                "a resource has small letters, digits and `-`, as in `deployments:` or `pods/exec:`",
            ));
        }
        self.at = colon + 1;
        let (resource, sub) = named.split_once('/').map_or((named, None), |(name, sub)| (name, Some(sub)));
        if resource.is_empty() || sub.is_some_and(|sub| sub.is_empty() || sub.contains('/')) {
            return Err(self.error(0, "a resource is a name, as `deployments`, or two, as `pods/exec`"));
        }
        Ok(Some((resource.to_owned(), sub.map(str::to_owned))))
    }

    fn steps(&mut self) -> Result<Vec<Step>, PathError> {
        let mut steps = vec![self.key()?];
        while !self.rest().is_empty() {
            steps.push(match self.rest().as_bytes().first() {
                Some(b'.') => {
                    self.at += 1;
                    self.key()?
                }
                Some(b'[') => self.bracket()?,
                _ => return Err(self.error(self.at, "`.` or `[` is missing")),
            });
            if steps.len() > MOST_STEPS {
                return Err(self.error(self.at, format!("a path has at most {MOST_STEPS} steps")));
            }
        }
        Ok(steps)
    }

    /// A key without quotes.
    fn key(&mut self) -> Result<Step, PathError> {
        let rest = self.rest();
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '*' | '/' | '$');
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let key = rest.get(..end).unwrap_or_default();
        if key.is_empty() {
            let wrong = match rest.chars().next() {
                None | Some('.' | '[') => "a key is missing",
                Some(_) => {
                    r#"a key with other characters than letters, digits, `_`, `-` and `/` is written ["key"]"#
                }
            };
            return Err(self.error(self.at, wrong));
        }
        let step = self.step(key)?;
        self.at += end;
        Ok(step)
    }

    /// `[*]` or `["key"]`.
    fn bracket(&mut self) -> Result<Step, PathError> {
        let rest = self.rest();
        if rest.starts_with("[*]") {
            self.at += 3;
            return Ok(Step::Any);
        }
        let quoted = rest.strip_prefix("[\"").and_then(|rest| rest.split_once("\"]"));
        let Some((key, _)) = quoted.filter(|(key, _)| !key.is_empty()) else {
            return Err(self.error(self.at, r#"a bracket is [*], for every element, or ["key"]"#));
        };
        let step = self.step(key)?;
        self.at += key.len() + 4;
        Ok(step)
    }

    fn step(&self, key: &str) -> Result<Step, PathError> {
        match key.split_once('*') {
            None => Ok(Step::Key(key.to_owned())),
            Some(("", "")) => Ok(Step::Any),
            Some((_, tail)) if tail.contains('*') => {
                Err(self.error(self.at, format!("`{key}` has more than one `*`")))
            }
            Some((head, tail)) => Ok(Step::Like(fold(head), fold(tail))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<Step> {
        text.parse::<Path>().unwrap().steps
    }

    fn key(name: &str) -> Step {
        Step::Key(name.to_owned())
    }

    #[test]
    fn paths_are_keys_and_stars() {
        assert_eq!(
            steps(r#"requestObject.spec.env[*].*.a-b_c["d.e"]"#),
            [key("requestObject"), key("spec"), key("env"), Step::Any, Step::Any, key("a-b_c"), key("d.e")]
        );
        let object = Step::Like(String::new(), "object".into());
        assert_eq!(steps("*Object.data"), [object, key("data")]);
        assert_eq!(
            steps(r#"annotations["a.b/*"]"#),
            [key("annotations"), Step::Like("a.b/".into(), String::new())]
        );
    }

    #[test]
    fn a_resource_may_stand_before_it() {
        let resource = |text: &str| text.parse::<Path>().unwrap().resource;
        assert_eq!(resource("requestObject"), None);
        assert_eq!(resource(r#"requestObject["a:b"]"#), None);
        assert_eq!(resource("deployments:requestObject"), Some(("deployments".into(), None)));
        assert_eq!(resource("pods/exec:requestObject"), Some(("pods".into(), Some("exec".into()))));
    }

    #[test]
    fn mistakes_say_where_they_are() {
        let say = |text: &str| text.parse::<Path>().unwrap_err().to_string();
        let texts = [
            "",
            "spec.x",
            "stageTimestamp",
            "requestObject..x",
            "requestObject.",
            "requestObject.spec x",
            "requestObject[0]",
            "requestObject[\"a]",
            "requestObject[\"\"]",
            "requestObject[*]x",
            "requestObject.a*b*c",
            "requestObject.ä b",
            "Deployments:requestObject",
            ":requestObject",
            "pods/:requestObject",
            "pods/exec/x:requestObject",
        ];
        insta::with_settings!({omit_expression => true}, {
            insta::assert_snapshot!(texts.map(say).join("\n"));
        });
        assert!("requestObject.x".repeat(1000).parse::<Path>().is_err());
    }
}
