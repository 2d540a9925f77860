//! The part of an event that a field stands in. How much of it there is, is up to the audit policy.

use super::{Argument, Field};

/// A part of an event, with the level that an audit policy must say for it to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What every event has: level `Metadata`.
    Metadata,
    /// The object that was sent: level `Request`.
    Request,
    /// The object that was sent back: level `RequestResponse`.
    Response,
}

impl Part {
    /// The level of an audit policy that records it.
    #[must_use]
    pub fn level(self) -> &'static str {
        match self {
            Self::Metadata => "Metadata",
            Self::Request => "Request",
            Self::Response => "RequestResponse",
        }
    }
}

impl Field {
    /// The part of the event that it stands in.
    #[must_use]
    pub fn part(&self, argument: &Argument) -> Part {
        let first = match argument {
            Argument::Pointer(steps) => steps.first().map_or(&[][..], |step| step),
            _ => self.source.path.first().map_or(&[][..], |step| step.as_bytes()),
        };
        match first {
            b"requestObject" => Part::Request,
            b"responseObject" => Part::Response,
            _ => Part::Metadata,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Argument, fields, find};
    use super::*;

    #[test]
    fn objects_are_known_from_their_names() {
        for field in fields().filter(|field| !matches!(field.argument, super::super::ArgumentKind::Pointer)) {
            let expected = match field.name {
                "ka.req.configmap.name" | "ka.req.binding.subject.has_name" => Part::Metadata,
                "ka.target.pod.name" | "ka.resp.name" => Part::Response,
                name if name.starts_with("ka.req.") || name.starts_with("ka.pod.") => Part::Request,
                _ => Part::Metadata,
            };
            assert_eq!(field.part(&Argument::None), expected, "{}", field.name);
        }
    }

    #[test]
    fn a_pointer_says_it_itself() {
        let value = find("jevt.value").unwrap();
        let at = |path: &[&str]| {
            value.part(&Argument::Pointer(path.iter().map(|step| step.as_bytes().into()).collect()))
        };
        assert_eq!(at(&["requestObject", "spec"]), Part::Request);
        assert_eq!(at(&["responseObject"]), Part::Response);
        assert_eq!(at(&["stage"]), Part::Metadata);
        assert_eq!(at(&[]), Part::Metadata);
    }
}
