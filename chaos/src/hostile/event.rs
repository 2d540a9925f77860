//! Events that were never recorded.

/// What the auditIDs of events begin with that `saker eval` need not understand.
pub(crate) const ODD: &str = "0dd0dd0d-";

/// An auditID that says that its event can be read by anybody.
pub(super) fn plain_id(number: usize) -> String {
    format!("bad0bad0-0000-4000-8000-{number:012}")
}

/// One that says that it cannot.
pub(super) fn odd_id(number: usize) -> String {
    format!("{ODD}0000-4000-8000-{number:012}")
}

/// An event under this auditID; `more` are further members, each with a comma before it.
pub(super) fn event(id: &str, number: usize, more: &str) -> String {
    let (seconds, micros) = (number / 1_000_000, number % 1_000_000);
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"{id}","stage":"ResponseComplete","requestURI":"/{id}/{number}","verb":"get","user":{{"username":"mallory","groups":["system:authenticated"]}},"sourceIPs":["127.0.0.2"],"responseStatus":{{"code":200}},"stageTimestamp":"2026-02-01T12:00:{seconds:02}.{micros:06}Z"{more}}}"#
    )
}

/// One of about so many bytes.
pub(super) fn large(id: &str, number: usize, bytes: usize) -> String {
    event(id, number, &format!(r#","requestObject":{{"data":"{}"}}"#, "x".repeat(bytes)))
}

/// A body that holds them.
pub(super) fn list(events: &[Vec<u8>]) -> Vec<u8> {
    let mut body = br#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":["#.to_vec();
    body.extend(events.join(&b','));
    body.extend_from_slice(b"]}");
    body
}
