//! What the terminal can show.

use std::io::IsTerminal;

use rules::explain::{Colour, Glyphs, Look};

/// Where nothing says how wide it is.
const WIDTH: usize = 120;
/// Narrower than this nothing can be read.
const NARROWEST: usize = 40;

/// Of standard output: as wide as it is, unless `COLUMNS` says otherwise; with signs where the locale is UTF-8; in
/// colour where it is a terminal and `NO_COLOR` is not set.
pub(super) fn look() -> Look {
    let is_terminal = std::io::stdout().is_terminal();
    let measured = || {
        let size = terminal_size::terminal_size_of(std::io::stdout());
        size.map(|(width, _)| usize::from(width.0))
    };
    let width = variable("COLUMNS").and_then(|text| text.parse().ok()).or_else(measured);
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
    let is_dumb = variable("TERM").is_some_and(|terminal| terminal == "dumb");
    let coloured = is_terminal && !is_dumb && variable("NO_COLOR").is_none();
    Look {
        width: width.unwrap_or(WIDTH).max(NARROWEST),
        glyphs: if is_utf8 { Glyphs::Unicode } else { Glyphs::Ascii },
        colour: if coloured { Colour::Ansi } else { Colour::Plain },
    }
}

/// What is set to nothing is not set.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
