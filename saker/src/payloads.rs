//! The payloads of a stream of text: one a line, or one over several lines where brackets are still open.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// No body of an API server comes near.
const LARGEST: usize = 256 << 20;

/// A piece of text that should be JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Its text, without the line end.
    pub text: Vec<u8>,
    /// The line on which it begins, from 1.
    pub line: u64,
}

/// Reads payloads, holding one at a time.
#[derive(Debug)]
pub struct Payloads<R> {
    reader: R,
    line: u64,
    /// Read already, and the beginning of the next payload.
    ahead: Option<Vec<u8>>,
}

/// A file of events, or standard input for `-`.
///
/// # Errors
/// Where the file cannot be opened.
pub fn open(file: &Path) -> io::Result<Box<dyn BufRead>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(BufReader::with_capacity(1 << 20, File::open(file)?)))
}

impl<R: BufRead> Payloads<R> {
    /// From any source of text.
    pub fn new(reader: R) -> Self {
        Self { reader, line: 0, ahead: None }
    }

    /// The next payload that is not blank; `None` at the end.
    ///
    /// # Errors
    /// Those of reading, and where a payload is larger than 256 MiB.
    pub fn next(&mut self) -> io::Result<Option<Payload>> {
        let mut text = Vec::new();
        let mut balance = Balance::default();
        let mut begins = 0;
        while let Some(line) = self.next_line()? {
            if text.is_empty() && line.trim_ascii().is_empty() {
                continue;
            }
            if !text.is_empty() && is_next_payload(&text, &line) {
                self.line -= 1;
                self.ahead = Some(line);
                break;
            }
            if text.is_empty() {
                begins = self.line;
            }
            balance.feed(&line);
            // Most payloads are one line, which need not be copied.
            if text.is_empty() {
                text = line;
            } else {
                text.extend_from_slice(&line);
            }
            if text.len() > LARGEST {
                return Err(io::Error::other(format!("line {begins}: larger than 256 MiB")));
            }
            if balance.is_complete() {
                break;
            }
        }
        text.truncate(text.trim_ascii_end().len());
        Ok((!text.is_empty()).then_some(Payload { text, line: begins }))
    }

    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.line += 1;
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
        self.reader.by_ref().take(limit).read_until(b'\n', &mut line)?;
        Ok((!line.is_empty()).then_some(line))
    }
}

/// Whether a line begins another payload although brackets of the one before are open: that one was cut off. A body in
/// several lines has its line ends where an element may follow.
fn is_next_payload(text: &[u8], line: &[u8]) -> bool {
    let may_go_on = matches!(text.trim_ascii_end().last(), Some(b'[' | b'{' | b',' | b':'));
    text.starts_with(b"{") && line.starts_with(b"{\"") && !may_go_on
}

/// How many brackets are open.
#[derive(Debug, Default)]
struct Balance {
    depth: i64,
    in_string: bool,
    is_escaped: bool,
}

impl Balance {
    fn feed(&mut self, line: &[u8]) {
        for byte in line {
            match (self.in_string, byte) {
                (true, _) if self.is_escaped => self.is_escaped = false,
                (true, b'\\') => self.is_escaped = true,
                (_, b'"') => self.in_string = !self.in_string,
                (false, b'{' | b'[') => self.depth += 1,
                (false, b'}' | b']') => self.depth -= 1,
                _ => {}
            }
        }
    }

    /// A string that is open at the end of a line never closes in JSON.
    fn is_complete(&self) -> bool {
        self.depth <= 0 || self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, String)> {
        let mut payloads = Payloads::new(text.as_bytes());
        std::iter::from_fn(|| payloads.next().unwrap())
            .map(|payload| (payload.line, String::from_utf8(payload.text).unwrap()))
            .collect()
    }

    fn lines(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
        expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect()
    }

    #[test]
    fn each_line_is_a_payload() {
        let text = "{\"a\":\"}{\"}\n\n  \r\n[1,2]\r\nnonsense\n{\"b\":\"\\\"{\"}";
        let expected = [(1, "{\"a\":\"}{\"}"), (4, "[1,2]"), (5, "nonsense"), (6, "{\"b\":\"\\\"{\"}")];
        assert_eq!(read(text), lines(&expected));
    }

    #[test]
    fn a_payload_may_go_over_several_lines() {
        let pretty = "{\n  \"items\": [\n    {\"a\": 1}\n  ]\n}";
        let array = "[\n{\"a\":1},\n{\"b\":2}\n]";
        let list = "{\"items\":[\n{\"a\":1},\n{\"b\":2}]}";
        let text = format!("{pretty}\n{array}\n{list}\n{{}}\n");
        assert_eq!(read(&text), lines(&[(1, pretty), (6, array), (10, list), (13, "{}")]));
    }

    #[test]
    fn a_line_that_is_cut_off_takes_no_other_with_it() {
        let text = "{\"a\":{\"b\":1\n{\"c\":1}\n{\"d\":\"x\n{\"e\":1}\n{\"f\":[\n";
        let expected =
            [(1, "{\"a\":{\"b\":1"), (2, "{\"c\":1}"), (3, "{\"d\":\"x"), (4, "{\"e\":1}"), (5, "{\"f\":[")];
        assert_eq!(read(text), lines(&expected));
    }
}
