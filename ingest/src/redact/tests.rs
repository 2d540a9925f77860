//! Redaction as a whole: what passes untouched, pieces that are no events, digests, and hostile events.

use super::*;

/// With a key, or without one.
fn redactor(paths: &[&str]) -> Redactor {
    let paths = paths.iter().map(|path| path.parse().unwrap()).collect();
    let key = Key::new(&[b'k'; 32]).unwrap();
    Redactor::new(&Settings { paths, ..Settings::default() }, Some(&key))
}

fn plain(event: &str) -> String {
    let left = Redactor::new(&Settings::default(), None).event(event.to_owned().into());
    String::from_utf8(left.to_vec()).unwrap()
}

#[test]
fn an_event_without_secrets_is_the_same_bytes() {
    let event =
        Bytes::from_static(br#"{"objectRef":{"resource":"pods"},"requestObject":{"data":{"a":"b"}}}"#);
    let left = redactor(&[]).event(event.clone());
    assert_eq!(left.as_ptr(), event.as_ptr(), "not even a copy");
}

#[test]
fn a_piece_is_read_as_far_as_it_is_json() {
    let redactor = Redactor::new(&Settings::default(), None);
    let piece = |text: &str| String::from_utf8(redactor.piece(text.to_owned().into()).to_vec()).unwrap();
    let secret = r#"{"kind":"Secret","data":{"a":"Z="},"type":"Opaque"}"#;
    let left = secret.replace("Z=", "redacted");
    assert_eq!(piece(&format!(" {secret},\n[{secret}] 1 \"x\" ")), format!(" {left},\n[{left}] 1 \"x\" "));
    assert_eq!(
        piece(&format!(r#"{secret} {{"kind":"Secret","data":{{"a":"Z"#)),
        format!(r#"{left} {{"kind":"redacted","data":{{"a":"redacted"#)
    );
    assert_eq!(piece("not json, but 'prose'"), "not json, but 'prose'");
    let off = Redactor::new(&Settings { builtin: Vec::new(), ..Settings::default() }, None);
    assert_eq!(off.piece(Bytes::from(r#"{"a":"b"#)), r#"{"a":"b"#);
}

#[test]
fn digests_are_of_what_was_received_and_need_a_key() {
    let event = br#"{"requestObject":{"kind":"Secret","data":{"a":"Z="}}}"#.as_slice();
    assert_eq!(redactor(&[]).digest(event), redactor(&["annotations"]).digest(event));
    assert_ne!(redactor(&[]).digest(event), redactor(&[]).digest(b"{}"));
    assert_eq!(redactor(&[]).digest(event).unwrap().len(), DIGEST);
    assert_eq!(Redactor::new(&Settings::default(), None).digest(event), None);
}

/// A secret's event made to be read again and again takes no longer than its length allows.
#[test]
fn hostile_events_take_no_long_time() {
    let deep = |depth: usize| {
        let open = r#"{"kind":"Secret","items":[{"data":"#.repeat(depth);
        format!("{open}1{}", "}]}".repeat(depth))
    };
    let many = |member: &str, count| vec![member; count].join(",");
    let patch = |members: String| {
        format!(r#"{{"objectRef":{{"resource":"secrets"}},"requestObject":[{{{members}}}]}}"#)
    };
    for event in [
        many(&deep(90), 2000),
        deep(90),
        patch(format!("{},{}", many(r#""path":"/x/y""#, 80_000), many(r#""value":{"a":1}"#, 80_000))),
        patch(format!(r#""path":"{}","value":1"#, "/data".repeat(300_000))),
        format!(
            r#"{{"objectRef":{{{}}},"requestObject":{{"data":{{"a":"b"}}}}}}"#,
            many(r#""resource":"secrets""#, 80_000)
        ),
        format!(r#"{{"requestObject":{{{},"data":{{"a":"b"}}}}}}"#, many(r#""kind":"Secret""#, 80_000)),
        format!("[{}]", many(r#"{"kind":"Secret","data":{"a":"b"}}"#, 80_000)),
    ] {
        let head: String = event.chars().take(60).collect();
        let started = std::time::Instant::now();
        let left = redactor(&["*Object.*.*.*.*.*.*"]).piece(event.into()).len();
        let took = started.elapsed();
        assert!(took.as_secs() < 5, "{head:?}: {left} bytes in {took:?}");
    }
}

#[test]
fn values_without_a_key_are_a_word() {
    let event = r#"{"requestObject":{"kind":"Secret","data":{"a":"Z=","b":"Y="}}}"#;
    assert_eq!(plain(event), r#"{"requestObject":{"kind":"Secret","data":{"a":"redacted","b":"redacted"}}}"#);
}
