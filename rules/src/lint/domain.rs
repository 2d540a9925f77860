//! Which values fields can have, as far as that is certain.

use crate::check::ir::Operand;

use super::values::plain_name;

/// Of which kind the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Domain {
    /// These.
    OneOf(&'static [&'static str]),
    /// In lower case; what they are called.
    LowerCase(&'static str),
    /// Names of resources: in lower case, no sub-resource behind them.
    Resource,
    /// Digits.
    Digits,
    /// A path that begins with a slash.
    Path,
    /// An address.
    Address,
    /// A JSON text that begins so; the fields to use instead.
    Json(char, &'static str),
    /// An image without tag and digest.
    Repository,
    /// Any text that does not begin or end with a blank.
    Name,
}

/// Which part of a value a text is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    Whole,
    Start,
    Middle,
    End,
}

/// Why a text is none of the values, and what to write.
pub(super) type Objection = (String, String);

const BOOLEANS: &[&str] = &["true", "false"];
const SET_BOOLEANS: &[&str] = &["true", "false", "null"];

impl Domain {
    /// That of an operand.
    pub(super) fn of(operand: &Operand) -> Option<Self> {
        let Operand::Field(field, _) = operand else { return None };
        let name = plain_name(operand).unwrap_or(field.name);
        Some(match name {
            "ka.stage" => Self::OneOf(&["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"]),
            "ka.level" => Self::OneOf(&["Metadata", "Request", "RequestResponse"]),
            "ka.auth.decision" => Self::OneOf(&["allow", "forbid"]),
            "ka.req.service.type" => {
                Self::OneOf(&["ClusterIP", "NodePort", "LoadBalancer", "ExternalName", "null"])
            }
            "ka.req.binding.subject.has_name" => Self::OneOf(&["true"]),
            "ka.req.container.privileged" | "ka.req.volume.hostpath" => Self::OneOf(BOOLEANS),
            "ka.pod.privileged" | "ka.pod.host_network" | "ka.pod.host_pid" | "ka.pod.host_ipc" => {
                Self::OneOf(BOOLEANS)
            }
            "ka.req.pod.host_ipc"
            | "ka.req.pod.host_network"
            | "ka.req.pod.host_pid"
            | "ka.req.container.host_network" => Self::OneOf(SET_BOOLEANS),
            "ka.verb" => Self::LowerCase("verbs"),
            "ka.target.namespace" => Self::LowerCase("names of namespaces"),
            "ka.target.resource" => Self::Resource,
            "ka.response.code" => Self::Digits,
            "ka.uri" => Self::Path,
            "ka.sourceip" | "ka.sourceips" => Self::Address,
            "ka.req.binding.subjects" => Self::Json('{', "ka.req.binding.subjects.user_names and the like"),
            "ka.req.role.rules" => Self::Json('{', "ka.req.role.rules.verbs and the like"),
            "ka.req.service.ports" => Self::Json('[', "jevt.value[/requestObject/spec/ports/0/nodePort]"),
            "ka.req.configmap.obj" => Self::Json('{', "jevt.value[/requestObject/data/KEY]"),
            "ka.req.container.image.repository" | "ka.pod.image.repositories" => Self::Repository,
            "ka.user.name"
            | "ka.user.groups"
            | "ka.impuser.name"
            | "ka.target.name"
            | "ka.target.subresource"
            | "ka.req.container.image"
            | "ka.pod.images"
            | "ka.req.binding.role" => Self::Name,
            _ => return of_containers(name),
        })
    }

    /// What is wrong with a text as one of the values, or as a part of one.
    pub(super) fn objection(self, text: &str, compared: Compared) -> Option<Objection> {
        let (whole, start) = (compared == Compared::Whole, compared == Compared::Start);
        let lower = || format!("write `{}`", text.to_ascii_lowercase());
        let has_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
        let objection = match self {
            Self::OneOf(values) if whole && !values.contains(&text) => {
                let meant = values.iter().find(|value| value.eq_ignore_ascii_case(text));
                let known: Vec<_> = values.iter().copied().filter(|value| *value != "null").collect();
                let known = format!("it is one of {}", known.join(", "));
                let help = meant.map_or_else(
                    || "compare with one of these".to_owned(),
                    |meant| format!("write `{meant}`"),
                );
                Some((known, help))
            }
            Self::LowerCase(what) if has_upper => Some((format!("{what} are in lower case"), lower())),
            Self::Resource if has_upper => Some(("resources are in lower case".to_owned(), lower())),
            Self::Resource if text.contains('/') => Some(sub_resource(text)),
            Self::Digits if !text.bytes().all(|byte| byte.is_ascii_digit()) => Some((
                "it consists of digits".to_owned(),
                "write a code such as `403`; `startswith 4` asks for all that begin with 4".to_owned(),
            )),
            Self::Path if (whole || (start && !text.is_empty())) && !text.starts_with(['/', '*']) => {
                Some(("it begins with `/`".to_owned(), format!("write `/{text}`")))
            }
            Self::Address if text.contains('/') => Some((
                "it is an address, not a network".to_owned(),
                "name the addresses, or how they begin, as in `startswith 10.0.`".to_owned(),
            )),
            Self::Json(first, instead)
                if (whole || (start && !text.is_empty())) && !text.starts_with(first) =>
            {
                Some((format!("it is a JSON text that begins with `{first}`"), format!("use {instead}")))
            }
            Self::Repository if whole && text != repository(text) => Some((
                "a repository has neither tag nor digest".to_owned(),
                format!("write `{}`, or compare the image itself", repository(text)),
            )),
            _ => None,
        };
        objection.or_else(|| blank(text, compared))
    }
}

fn of_containers(name: &str) -> Option<Domain> {
    let (_, of) = name.strip_prefix("ka.req.pod.")?.split_once('.')?;
    Some(match of {
        "privileged" | "allow_privilege_escalation" | "read_only_fs" => Domain::OneOf(SET_BOOLEANS),
        "image.repository" => Domain::Repository,
        "name" | "image" | "hostpath" => Domain::Name,
        _ => return None,
    })
}

fn sub_resource(text: &str) -> Objection {
    let (resource, sub) = text.split_once('/').unwrap_or((text, ""));
    let why = "a sub-resource is a field of its own".to_owned();
    (why, format!("write `ka.target.resource = {resource} and ka.target.subresource = {sub}`"))
}

fn blank(text: &str, compared: Compared) -> Option<Objection> {
    let leads =
        text.starts_with(char::is_whitespace) && matches!(compared, Compared::Whole | Compared::Start);
    let trails = text.ends_with(char::is_whitespace) && matches!(compared, Compared::Whole | Compared::End);
    let blank = (leads || trails) && !text.trim().is_empty();
    blank.then(|| ("it has no blanks at its ends".to_owned(), format!("write `{}`", text.trim())))
}

/// An image without tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let name = image.rfind('/').map_or(0, |slash| slash + 1);
    let tag = image.get(name..).and_then(|name| name.find(':'));
    tag.and_then(|tag| image.get(..name + tag)).unwrap_or(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(domain: Domain, text: &str, compared: Compared) -> bool {
        domain.objection(text, compared).is_some()
    }

    #[test]
    fn only_what_cannot_be() {
        use Compared::{End, Middle, Start, Whole};
        assert!(objects(Domain::LowerCase("verbs"), "CREATE", Whole));
        assert!(objects(Domain::LowerCase("verbs"), "eT", Middle));
        assert!(!objects(Domain::LowerCase("verbs"), "create", Whole));
        assert!(objects(Domain::Path, "healthz", Whole) && objects(Domain::Path, "api/", Start));
        assert!(!objects(Domain::Path, "", Start) && !objects(Domain::Path, "exec", Middle));
        assert!(
            objects(Domain::Json('{', "x"), "admin", Whole) && !objects(Domain::Json('{', "x"), "{}", Whole)
        );
        assert!(objects(Domain::Repository, "nginx:1.25", Whole));
        assert!(!objects(Domain::Repository, "reg:5000/nginx", Whole));
        assert!(objects(Domain::Name, "admin ", Whole) && !objects(Domain::Name, "admin ", Start));
        assert!(objects(Domain::Name, " admin", Start) && !objects(Domain::Name, " ", Whole));
        assert!(!objects(Domain::Name, " a", End));
    }
}
