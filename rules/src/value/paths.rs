//! `pmatch`: whether a path lies at or below one of some paths.

use super::glob::{Case, Glob};

/// Paths to be below of. Empty components do not count, neither here nor in the path that is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathPrefixes {
    prefixes: Box<[Box<[Component]>]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Component {
    Literal(Box<[u8]>),
    Pattern(Glob),
}

impl PathPrefixes {
    /// Components with `?`, `*` or `[` are globs, each for one component.
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let prefix = |path| components(path).map(Component::new).collect();
        Self { prefixes: paths.into_iter().map(prefix).collect() }
    }

    /// Whether one of them is `path` or lies above it.
    #[must_use]
    pub fn matches(&self, path: &[u8]) -> bool {
        self.prefixes.iter().any(|prefix| {
            let mut rest = components(path);
            prefix.iter().all(|component| rest.next().is_some_and(|found| component.matches(found)))
        })
    }
}

impl Component {
    fn new(text: &[u8]) -> Self {
        if text.iter().any(|byte| b"?*[".contains(byte)) {
            Self::Pattern(Glob::new(text, Case::Matters))
        } else {
            Self::Literal(text.into())
        }
    }

    fn matches(&self, found: &[u8]) -> bool {
        match self {
            Self::Literal(literal) => **literal == *found,
            Self::Pattern(glob) => glob.matches(found),
        }
    }
}

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|component| !component.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(paths: &[&str], path: &str) -> bool {
        PathPrefixes::new(paths.iter().map(|path| path.as_bytes())).matches(path.as_bytes())
    }

    #[test]
    fn whole_components_from_the_start() {
        assert!(matches(&["/api/v1"], "/api/v1/pods"));
        assert!(matches(&["api"], "/api/v1"));
        assert!(matches(&["/api//v1/"], "api/v1"));
        assert!(!matches(&["/api/v"], "/api/v1"));
        assert!(!matches(&["/api/v1/pods"], "/api/v1"));
        assert!(matches(&["/nope", "/"], ""));
        assert!(!matches(&[], "/"));
    }

    #[test]
    fn components_may_be_globs() {
        assert!(matches(&["/a*/b/*"], "/api/b/c/d"));
        assert!(!matches(&["/a*/c"], "/api/b/c"));
        assert!(matches(&["/a*/x", "/*i/b"], "/api/b/c"));
    }
}
