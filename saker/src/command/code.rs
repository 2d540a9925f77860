//! `saker code`: what the code of a diagnostic means.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use rules::Code;

/// Explain what is wrong with rule files, by the code that messages give
///
/// Prints what the code means, an example of it, and what to write instead. Without a code all of them are listed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  saker code R013\n  saker code")]
pub struct Explain {
    /// The code, as in error[R013]
    #[arg(value_name = "CODE", value_parser = code)]
    code: Option<Code>,
}

impl Explain {
    /// Prints the page, or the list.
    pub fn run(&self) -> ExitCode {
        let text = match self.code {
            Some(code) => code.page().to_owned(),
            None => Code::ALL.iter().map(|code| line(*code)).collect(),
        };
        match io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
            _ => ExitCode::SUCCESS,
        }
    }
}

fn line(code: Code) -> String {
    format!("{}  {:<8} {}\n", code.id(), code.severity().to_string(), code.title())
}

/// The code that is meant: `R013`, `r13`, `13` or, as copied from a message, `error[R013]`.
fn code(text: &str) -> Result<Code, String> {
    let inside = text.split_once('[').map_or(text, |(_, id)| id).trim_end_matches([':', ']']);
    let Ok(number) = inside.trim_start_matches(['R', 'r']).parse::<u16>() else {
        return Err("a code is R and a number, as in R013; `saker code` lists all".to_owned());
    };
    Code::from_id(&format!("R{number:03}")).ok_or_else(|| {
        let near = Code::ALL.iter().min_by_key(|code| distance(**code, number));
        let near = near.map(|code| format!("the nearest is {}, {}; ", code.id(), code.title()));
        format!("there is no such code; {}`saker code` lists all", near.unwrap_or_default())
    })
}

fn distance(code: Code, wanted: u16) -> u16 {
    let number = code.id().trim_start_matches('R').parse::<u16>();
    number.map_or(u16::MAX, |number| number.abs_diff(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_as_people_write_them() {
        for text in ["R013", "r13", "13", "013", "error[R013]", "error[R013]:"] {
            assert_eq!(code(text).map(Code::id), Ok("R013"), "{text}");
        }
    }

    #[test]
    fn the_nearest_is_named() {
        let error = code("R032").unwrap_err();
        assert!(error.contains("the nearest is R031, an output that names no field"), "{error}");
        assert!(code("what").unwrap_err().contains("as in R013"));
    }
}
