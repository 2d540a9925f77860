//! How a process ends: what it says on stderr, and with which code.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Wrong flags, wrong configuration: nothing was begun (`EX_USAGE`).
pub const USAGE: u8 = 64;

/// Ends over wrong flags or configuration.
pub fn usage(error: &dyn Display) -> ExitCode {
    say(error);
    ExitCode::from(USAGE)
}

/// Ends well, or over an error that came up while running.
pub fn report(result: Result<(), impl Display>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

/// Where stderr is gone there is nobody left to tell.
fn say(error: &dyn Display) {
    let text = format!("{error:#}");
    // Diagnostics say themselves what they are.
    let is_marked = ["error[", "warning["].iter().any(|mark| text.starts_with(mark));
    let mark = if is_marked { "" } else { "error: " };
    let _ = writeln!(io::stderr().lock(), "{mark}{text}");
}
