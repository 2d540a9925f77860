//! What `chat.postMessage` answers: HTTP says 200 even where the message was not posted.

use serde::Deserialize;

use crate::sink::Failure;

/// An answer.
#[derive(Debug, Deserialize)]
pub(super) struct Verdict {
    ok: bool,
    #[serde(default)]
    error: String,
}

/// Errors that speak of the message itself. All others are mended in Slack or in the settings, or pass.
const FOR_GOOD: [&str; 14] = [
    "blocks_mismatch",
    "duplicate_message_not_found",
    "invalid_arguments",
    "invalid_attachments",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_json",
    "json_not_object",
    "markdown_text_conflict",
    "metadata_too_large",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "too_many_attachments",
];

impl Verdict {
    pub(super) fn into_result(self) -> Result<(), Failure> {
        if self.ok {
            return Ok(());
        }
        let help = match self.error.as_str() {
            "not_in_channel" => ": invite the bot to the channel",
            "channel_not_found" => ": is the channel's name right, and may the bot see it?",
            "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => {
                ": the token is no longer good"
            }
            "missing_scope" => ": the bot needs chat:write, and chat:write.customize for a username and an icon",
            _ => "",
        };
        let reason = format!("it answered {}{help}", self.error.escape_debug().take(100).collect::<String>());
        match FOR_GOOD.contains(&self.error.as_str()) {
            true => Err(Failure::Refused(reason)),
            false => Err(Failure::away(reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(json: &str) -> Result<(), Failure> {
        serde_json::from_str::<Verdict>(json).unwrap().into_result()
    }

    #[test]
    fn errors_are_for_good_or_pass() {
        assert_eq!(verdict(r#"{"ok": true, "ts": "1"}"#), Ok(()));
        let too_long = verdict(r#"{"ok": false, "error": "msg_too_long"}"#);
        assert_eq!(too_long, Err(Failure::Refused("it answered msg_too_long".into())));
        for passing in ["ratelimited", "not_in_channel", "token_revoked", "fatal_error", "something_new", ""] {
            let failure = verdict(&format!(r#"{{"ok": false, "error": "{passing}"}}"#)).unwrap_err();
            assert!(matches!(failure, Failure::Away { .. }), "{passing}: {failure}");
        }
    }
}
