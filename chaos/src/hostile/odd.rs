//! Events that are made to break whoever reads them, each beside one that is sound and must not suffer for it.

use super::{Attacker, event};

/// What stands where `"user"` might have been, or behind all else: a name, and bytes, of which `@` is the auditID.
fn members() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str, close: &str| {
        let text = format!(r#","requestObject":{}1{}"#, open.repeat(10_000), close.repeat(10_000));
        text.into_bytes()
    };
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("arrays, 10,000 deep", deep("[", "]")),
        ("objects, 10,000 deep", deep(r#"{"a":"#, "}")),
        ("arrays that are never closed", deep("[", "")),
        ("a number beyond all measure", text(r#","responseStatus":{"code":1e400}"#)),
        (
            "a number of 10,000 digits",
            format!(r#","responseStatus":{{"code":{}}}"#, "9".repeat(10_000)).into_bytes(),
        ),
        ("a number that is none", text(r#","responseStatus":{"code":-}"#)),
        ("invalid UTF-8", [b",\"user\":{\"username\":\"".as_slice(), b"\xff\xfe\xc0\x80", b"\"}"].concat()),
        ("a NUL byte", text(",\"user\":{\"username\":\"a\0b\"}")),
        ("a NUL, escaped", text(r#","user":{"username":"a\u0000b"}"#)),
        ("half a surrogate pair", text(r#","user":{"username":"\ud800"}"#)),
        (
            "keys twice",
            text(r#","verb":"delete","verb":"create","auditID":"@","user":{},"user":{"username":"x"}"#),
        ),
        (
            "wrong types",
            text(r#","user":[],"objectRef":"x","sourceIPs":{},"responseStatus":[[]],"annotations":7"#),
        ),
        (
            "nulls",
            text(
                r#","user":null,"objectRef":null,"sourceIPs":null,"responseStatus":null,"annotations":null"#,
            ),
        ),
        ("a key of 1 MB", format!(r#","{}":1"#, "k".repeat(1 << 20)).into_bytes()),
        ("100,000 keys", (0..100_000).map(|n| format!(r#","k{n}":1"#)).collect::<String>().into_bytes()),
        ("100,000 backslashes", format!(r#","x":"{}""#, r"\\".repeat(50_000)).into_bytes()),
        ("a comma too many", text(",")),
        ("a comment", text(r#"/* no */,"x":1"#)),
        ("a value too few", text(r#","x":"#)),
    ]
}

impl Attacker {
    /// Each of them; says how many of them were taken for events.
    pub(crate) async fn odd_events(&mut self) -> usize {
        let mut taken = 0;
        for (what, member) in members() {
            let number = self.number();
            let id = event::odd_id(number);
            let whole = event::event(&id, number, "");
            let mut odd = whole.as_bytes()[..whole.len() - 1].to_vec();
            odd.extend(
                member
                    .iter()
                    .flat_map(|byte| if *byte == b'@' { id.as_bytes() } else { std::slice::from_ref(byte) }),
            );
            odd.push(b'}');
            let number = self.number();
            let sound = event::event(&event::plain_id(number), number, "");
            let answer = self.post(event::list(&[sound.clone().into_bytes(), odd])).await;
            self.expect(what, answer.status, &[Some(200)]);
            self.expect_that(
                what,
                answer.counts.stored >= 1 && answer.counts.stored + answer.counts.quarantined >= 2,
                answer,
            );
            self.book(sound, answer.is_stored());
            if answer.counts.stored == 2 {
                self.odd.push((id, what));
                taken += 1;
            }
        }
        taken
    }

    /// Different events under one auditID: whoever sends chooses it, so it identifies nothing.
    pub(crate) async fn repeated_ids(&mut self) {
        let id = event::plain_id(0);
        for _ in 0..20 {
            let number = self.number();
            let event = event::event(&id, number, "");
            for attempt in ["new", "sent again"] {
                let answer = self.post(event.clone()).await;
                self.expect("an event under an auditID that was there before", answer.status, &[Some(200)]);
                let is_new = attempt == "new";
                self.expect_that(attempt, (answer.counts.stored == 1) == is_new, answer);
            }
            self.book(event, true);
        }
    }
}
