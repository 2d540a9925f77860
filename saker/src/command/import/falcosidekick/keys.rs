//! The settings that falcosidekick has: a list of their names and defaults.

/// `key`, its default, and `deaf` where falcosidekick does not look at the environment variable.
const LIST: &str = include_str!("keys.tsv");

/// A setting of falcosidekick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// Its place in the file, as `slack.webhookurl`.
    pub(super) name: &'static str,
    /// What it is where nobody sets it.
    pub(super) default: &'static str,
    /// Whether falcosidekick looks at its environment variable.
    pub(super) is_in_environment: bool,
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = Key> {
    LIST.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut parts = line.split('\t');
        let name = parts.next().filter(|name| !name.is_empty())?;
        let default = parts.next().unwrap_or_default();
        Some(Key { name, default, is_in_environment: parts.next() != Some("deaf") })
    })
}

/// What the keys of outputs begin with, in the order of the list: `slack`, `aws.s3`, `otlp.logs`.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&'static str> = Vec::new();
    for section in all().filter_map(|key| section_of(key.name)) {
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    sections
}

/// The output that a key belongs to; `None` where it is for all of them.
pub(super) fn section_of(key: &'static str) -> Option<&'static str> {
    const GLOBAL: [&str; 4] = ["mutualtlsclient", "tlsclient", "tlsserver", "prometheus"];
    // What these have below them are outputs of their own.
    const FAMILIES: [&str; 6] = ["aws", "azure", "gcp", "otlp", "yandex", "elasticsearch"];
    let (first, rest) = key.split_once('.')?;
    if GLOBAL.contains(&first) {
        return None;
    }
    match rest.split_once('.') {
        Some((second, _)) if FAMILIES.contains(&first) && second != "batching" => {
            key.split_at_checked(first.len() + 1 + second.len()).map(|(section, _)| section)
        }
        _ => Some(first),
    }
}

/// The environment variable of a key.
pub(super) fn variable(key: &str) -> String {
    key.to_ascii_uppercase().replace('.', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        assert_eq!(all().count(), 518);
        let slack = all().find(|key| key.name == "slack.username").unwrap();
        assert_eq!((slack.default, slack.is_in_environment), ("Falcosidekick", true));
        assert!(!all().find(|key| key.name == "nats.minimumpriority").unwrap().is_in_environment);
        assert_eq!(variable("aws.s3.bucket"), "AWS_S3_BUCKET");
    }

    #[test]
    fn keys_belong_to_outputs() {
        for (key, section) in [
            ("slack.icon", Some("slack")),
            ("aws.s3.bucket", Some("aws.s3")),
            ("aws.region", Some("aws")),
            ("elasticsearch.batching.enabled", Some("elasticsearch")),
            ("otlp.logs.endpoint", Some("otlp.logs")),
            ("tlsserver.deploy", None),
            ("debug", None),
        ] {
            assert_eq!(section_of(key), section, "{key}");
        }
        assert!(sections().len() > 70, "{:?}", sections());
    }
}
