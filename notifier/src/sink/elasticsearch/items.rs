//! What became of each document of a bulk request.

use serde::Deserialize;
use serde_json::Value;

use crate::sink::{Failure, Untaken};

/// Characters of a reason that are kept.
const LONGEST_REASON: usize = 512;

/// The answer to a bulk request.
#[derive(Debug, Deserialize)]
pub(super) struct Items {
    #[serde(default)]
    errors: bool,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    create: Created,
}

#[derive(Debug, Deserialize)]
struct Created {
    status: u16,
    #[serde(default)]
    error: Value,
}

impl Items {
    pub(super) fn into_result(self, sent: usize) -> Result<(), Failure> {
        if !self.errors {
            return Ok(());
        }
        if self.items.len() != sent {
            let told = self.items.len();
            return Err(Failure::away(format!("its answer tells of {told} documents, not of the {sent} that were sent")));
        }
        let items = self.items.into_iter().enumerate();
        let untaken: Vec<(usize, Untaken)> =
            items.filter_map(|(place, item)| Some((place, item.create.untaken()?))).collect();
        if untaken.is_empty() { Ok(()) } else { Err(Failure::Partly(untaken)) }
    }
}

impl Created {
    /// A conflict says that a document of this id is there: that this alert was indexed before.
    fn untaken(&self) -> Option<Untaken> {
        match self.status {
            200..=299 | 409 => None,
            // The document itself, or its size.
            400 | 413 | 422 => Some(Untaken::Never(self.reason())),
            // Load, the disk, an index that is closed or may not be written: all of it passes, or is mended.
            _ => Some(Untaken::Later(self.reason())),
        }
    }

    /// The server's reason and what caused it, where the field is named that does not fit.
    fn reason(&self) -> String {
        let mut reason = format!("it answered {} for a document", self.status);
        let mut error = Some(&self.error);
        while let Some(inner) = error.filter(|error| error.is_object()) {
            let text = |key: &str| inner.get(key).and_then(Value::as_str).unwrap_or_default();
            reason.push_str(&format!(": {}: {}", text("type"), text("reason")));
            error = inner.get("caused_by");
        }
        reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_REASON).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(json: &str, sent: usize) -> Result<(), Failure> {
        serde_json::from_str::<Items>(json).unwrap().into_result(sent)
    }

    #[test]
    fn each_document_goes_its_own_way() {
        let answer = r#"{"took": 1, "errors": true, "items": [
            {"create": {"_index": "a", "status": 201}},
            {"create": {"status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "exists"}}},
            {"create": {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "queue"}}},
            {"create": {"status": 400, "error": {"type": "document_parsing_exception", "reason": "field [a]",
             "caused_by": {"type": "illegal_argument_exception", "reason": "no date"}}}},
            {"create": {"status": 503, "error": "text"}}
        ]}"#;
        let untaken = vec![
            (2, Untaken::Later("it answered 429 for a document: es_rejected_execution_exception: queue".into())),
            (
                3,
                Untaken::Never(
                    "it answered 400 for a document: document_parsing_exception: field [a]: illegal_argument_exception: no date"
                        .into(),
                ),
            ),
            (4, Untaken::Later("it answered 503 for a document".into())),
        ];
        assert_eq!(result(answer, 5), Err(Failure::Partly(untaken)));
        assert_eq!(result(r#"{"errors": false, "items": []}"#, 5), Ok(()));
        let conflicts = r#"{"errors": true, "items": [{"create": {"status": 409}}]}"#;
        assert_eq!(result(conflicts, 1), Ok(()));
        assert!(matches!(result(conflicts, 2), Err(Failure::Away { .. })));
    }
}
