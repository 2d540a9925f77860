//! [`Mask`]: which fields of an alert a client asked for.

use prost_types::FieldMask;
use proto::alerts::v1::Alert;
use tonic::Status;

/// The fields of [`Alert`], as they stand in its definition.
const FIELDS: [&str; 14] = [
    "id",
    "cluster",
    "ruleset",
    "rule",
    "priority",
    "source",
    "tags",
    "message",
    "fields",
    "time_unix_nanos",
    "hostname",
    "received_unix_nanos",
    "time_format",
    "summary",
];

/// The fields that were asked for; all of them where none was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mask(Vec<String>);

impl Mask {
    /// What a client asked for.
    pub(crate) fn of(mask: Option<FieldMask>) -> Result<Self, Status> {
        let paths = mask.unwrap_or_default().paths;
        if let Some(unknown) = paths.iter().find(|path| !FIELDS.contains(&path.as_str())) {
            let unknown: String = unknown.chars().take(100).collect();
            let known = FIELDS.join(", ");
            let text = format!("fields: an alert has no field `{unknown}`; it has {known}");
            return Err(Status::invalid_argument(text));
        }
        Ok(Self(paths))
    }

    /// The alert with these fields.
    pub(crate) fn apply(&self, alert: &Alert) -> Alert {
        if self.0.is_empty() {
            return alert.clone();
        }
        let mut masked = Alert::default();
        for path in &self.0 {
            match path.as_str() {
                "id" => masked.id.clone_from(&alert.id),
                "cluster" => masked.cluster.clone_from(&alert.cluster),
                "ruleset" => masked.ruleset.clone_from(&alert.ruleset),
                "rule" => masked.rule.clone_from(&alert.rule),
                "priority" => masked.priority = alert.priority,
                "source" => masked.source.clone_from(&alert.source),
                "tags" => masked.tags.clone_from(&alert.tags),
                "summary" => masked.summary.clone_from(&alert.summary),
                "message" => masked.message.clone_from(&alert.message),
                "fields" => masked.fields.clone_from(&alert.fields),
                "time_unix_nanos" => masked.time_unix_nanos = alert.time_unix_nanos,
                "hostname" => masked.hostname.clone_from(&alert.hostname),
                "received_unix_nanos" => masked.received_unix_nanos = alert.received_unix_nanos,
                "time_format" => masked.time_format = alert.time_format,
                _ => {}
            }
        }
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::alert;

    fn mask(paths: &[&str]) -> Result<Mask, Status> {
        Mask::of(Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }))
    }

    #[test]
    fn every_field_can_be_asked_for_and_all_together_are_the_alert() {
        assert_eq!(mask(&FIELDS).unwrap().apply(&alert()), alert());
        assert_eq!(mask(&[]).unwrap().apply(&alert()), alert());
        let two = mask(&["id", "rule"]).unwrap().apply(&alert());
        assert_eq!(two, Alert { id: alert().id, rule: alert().rule, ..Alert::default() });
    }

    #[test]
    fn the_list_is_that_of_the_definition() {
        let fields = prost_types::FileDescriptorSet::decode(proto::PUBLIC_DESCRIPTORS).unwrap();
        let mut messages = fields.file.iter().flat_map(|file| &file.message_type);
        let alert = messages.find(|message| message.name() == "Alert").unwrap();
        let names: Vec<&str> = alert.field.iter().map(|field| field.name()).collect();
        assert_eq!(names, FIELDS);
    }

    #[test]
    fn unknown_fields_are_told_with_those_that_there_are() {
        let status = mask(&["rule", "alert.rule"]).unwrap_err();
        assert!(status.message().contains("no field `alert.rule`; it has id, cluster"), "{status}");
    }

    use prost::Message;
}
