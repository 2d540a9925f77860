//! How much of a request an event must tell for a field to be there.

use std::fmt;

use super::{Argument, Field};

/// The levels of an audit policy at which events are written, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Who asked for what, and what came of it.
    Metadata,
    /// Also the object in the request.
    Request,
    /// Also the object in the response.
    RequestResponse,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "Metadata",
            Self::Request => "Request",
            Self::RequestResponse => "RequestResponse",
        })
    }
}

impl Field {
    /// The lowest level at which an event can have it.
    #[must_use]
    pub fn level(&self, argument: &Argument) -> Level {
        match self.steps(argument).first().copied() {
            Some(b"requestObject") => Level::Request,
            Some(b"responseObject") => Level::RequestResponse,
            _ if self.name.starts_with("ka.pod.") => Level::Request,
            _ => Level::Metadata,
        }
    }

    /// Where in an event it starts to look; nowhere in particular if that cannot be said.
    pub(crate) fn steps<'a>(&self, argument: &'a Argument) -> Vec<&'a [u8]> {
        match argument {
            Argument::Pointer(steps) => steps.iter().map(AsRef::as_ref).collect(),
            _ => self.source.path.iter().map(|step| step.as_bytes()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    #[test]
    fn bodies_are_told_from_the_rest() {
        let level = |name: &str, argument| find(name).map(|field| field.level(&argument));
        let pointer = |step: &str| Argument::Pointer(Box::new([step.as_bytes().into()]));
        assert_eq!(level("ka.verb", Argument::None), Some(Level::Metadata));
        assert_eq!(level("ka.req.configmap.name", Argument::None), Some(Level::Metadata));
        assert_eq!(level("ka.req.configmap.obj", Argument::None), Some(Level::Request));
        assert_eq!(level("ka.pod.images", Argument::None), Some(Level::Request));
        assert_eq!(level("ka.resp.name", Argument::None), Some(Level::RequestResponse));
        assert_eq!(level("jevt.value", pointer("responseObject")), Some(Level::RequestResponse));
        assert_eq!(level("jevt.value", pointer("verb")), Some(Level::Metadata));
    }
}
