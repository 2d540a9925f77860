//! [`TraceContext`]: a small text beside a message that says which trace it belongs to. The bus keeps it and hands it
//! on; what it means is nothing to it.

/// What `tracestate` may take: what W3C Trace Context asks everybody to hand on at the least.
const LONGEST_STATE: usize = 512;

/// The context of a trace as W3C Trace Context writes it: the headers `traceparent` and `tracestate`. It is no part of
/// the message: the same message with another context is still the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    parent: String,
    state: String,
}

impl TraceContext {
    /// Of these headers; an empty `state` stands for none. `None` where `parent` is none of version 00. A state that is
    /// too long, or no text of a header, is left out: the trace goes on without it.
    pub fn new(parent: &str, state: &str) -> Option<Self> {
        let state = if is_state(state) { state } else { "" };
        is_parent(parent).then(|| Self { parent: parent.to_owned(), state: state.to_owned() })
    }

    /// `traceparent`.
    pub fn parent(&self) -> &str {
        &self.parent
    }

    /// `tracestate`; empty where there is none.
    pub fn state(&self) -> &str {
        &self.state
    }
}

/// `00-TRACE-SPAN-FLAGS` in lower-case hexadecimal digits.
fn is_parent(text: &str) -> bool {
    let is_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<&str> = text.splitn(5, '-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [2, 32, 16, 2] && parts.first() == Some(&"00") && parts.iter().all(|part| is_hex(part))
}

fn is_state(text: &str) -> bool {
    text.len() <= LONGEST_STATE && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn contexts_are_taken_and_nothing_else_is() {
        let context = TraceContext::new(PARENT, "congo=t61rcWkgMzE").unwrap();
        assert_eq!((context.parent(), context.state()), (PARENT, "congo=t61rcWkgMzE"));
        for wrong in [
            "",
            "00",
            &PARENT.to_uppercase(),
            &format!("{PARENT}-x"),
            &PARENT.replacen("00", "01", 1),
            &PARENT.replace('-', "_"),
            &format!("{PARENT}\r\nSaker-Id: x"),
            &"x".repeat(1 << 20),
        ] {
            assert_eq!(TraceContext::new(wrong, ""), None, "{wrong:.80}");
        }
    }

    #[test]
    fn a_state_that_cannot_be_handed_on_is_left_out() {
        for state in ["a=1\r\nSaker-Id: x", "ä=1", &"x".repeat(513)] {
            assert_eq!(TraceContext::new(PARENT, state).unwrap().state(), "");
        }
        assert_eq!(TraceContext::new(PARENT, &"x".repeat(512)).unwrap().state().len(), 512);
    }
}
