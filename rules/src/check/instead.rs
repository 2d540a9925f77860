//! What somebody probably meant who named a field that does not exist.

use crate::fields::fields;

/// Fields of other sources of Falco's, and what comes closest to them in audit events.
const ELSEWHERE: &[(&str, &str)] = &[
    ("container.image.repository", "ka.req.pod.containers.image.repository"),
    ("container.image", "ka.req.pod.containers.image"),
    ("container.privileged", "ka.req.pod.containers.privileged"),
    ("evt.type", "ka.verb"),
    ("evt.res", "ka.response.code"),
    ("k8s.ns.name", "ka.target.namespace"),
    ("k8s.pod.name", "ka.target.name"),
    ("k8s.deployment.name", "ka.target.name"),
    ("user.name", "ka.user.name"),
    ("user.uid", "ka.user.name"),
    ("group.name", "ka.user.groups"),
    ("ka.namespace", "ka.target.namespace"),
    ("ka.resource", "ka.target.resource"),
    ("ka.name", "ka.target.name"),
    ("ka.username", "ka.user.name"),
    ("ka.code", "ka.response.code"),
    ("ka.user", "ka.user.name"),
];

/// What names of fields of other sources start with.
const SOURCES: &[(&[&str], &str)] = &[
    (
        &["proc", "thread", "fd", "fs", "container", "user", "group", "k8s", "syslog", "span", "mesos"],
        "system calls",
    ),
    (&["ct"], "CloudTrail"),
    (&["okta"], "Okta"),
    (&["github"], "GitHub"),
    (&["gcp"], "Google Cloud"),
];

/// Names longer than this are like no field's.
const LONGEST: usize = 100;

/// Advice on what to write instead of `name`, which is no field.
pub(crate) fn instead_of(name: &str) -> Option<String> {
    if name.len() > LONGEST {
        return None;
    }
    if let Some((_, field)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == name) {
        return Some(match name.starts_with("ka.") {
            true => format!("did you mean `{field}`?"),
            false => format!("of audit events, `{field}` comes closest"),
        });
    }
    let class = name.split('.').next().unwrap_or_default();
    if let Some((_, source)) = SOURCES.iter().find(|(classes, _)| classes.contains(&class)) {
        return Some(format!(
            "`{class}` fields are of {source}; those of audit events start with ka., jevt., json. or evt."
        ));
    }
    nearest(name).map(|field| format!("did you mean `{field}`?"))
}

/// The field whose name is most like `name`, if any is.
fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let last = lower.rsplit('.').next().unwrap_or_default();
    let likeness = |field: &str| {
        let same_end = if field.rsplit('.').next() == Some(last) { 0.1 } else { 0.0 };
        strsim::normalized_damerau_levenshtein(field, &lower) + same_end
    };
    let names = fields().map(|field| (likeness(field.name), field.name)).filter(|(_, field)| *field != name);
    let (likeness, nearest) = names.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (likeness > 0.6).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::find;

    #[test]
    fn counterparts_exist_and_what_they_stand_for_does_not() {
        for (elsewhere, field) in ELSEWHERE {
            assert!(find(field).is_some() && find(elsewhere).is_none(), "{elsewhere} {field}");
        }
        for class in SOURCES.iter().flat_map(|(classes, _)| *classes) {
            assert!(fields().all(|field| !field.name.starts_with(&format!("{class}."))), "{class}");
        }
    }

    #[test]
    fn what_was_meant() {
        for (name, word) in [
            ("ka.target.nmae", "`ka.target.name`"),
            ("KA.User.Name", "`ka.user.name`"),
            ("ka.targt.namespace", "`ka.target.namespace`"),
            ("proc.name", "system calls"),
            ("evt.type", "`ka.verb`"),
        ] {
            assert!(
                instead_of(name).is_some_and(|advice| advice.contains(word)),
                "{name}: {:?}",
                instead_of(name)
            );
        }
        assert_eq!(instead_of("xyz.abc"), None);
        assert_eq!(instead_of(&"ka.target.name".repeat(1000)), None);
    }
}
