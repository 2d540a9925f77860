//! Bearer tokens: those that a file holds, and the one that a request bears. Neither is kept nor shown; what is compared
//! are hashes, in constant time.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

/// Shorter ones could be guessed.
const SHORTEST: usize = 32;

/// More than fits into the headers that are read.
const LONGEST: usize = 4096;

/// As many as one identity has: rotation needs two.
const MOST: usize = 64;

/// What is known of a token. Comparing two takes the same time however much they have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token(blake3::Hash);

/// Why the text of a file is no list of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("holds no token: write one a line, made by `openssl rand -hex 32`")]
    None,
    /// One could be guessed.
    #[error(
        "has in line {line} a token of {length} characters, which could be guessed; take at least {SHORTEST}, as `openssl \
         rand -hex 32` makes them"
    )]
    TooShort {
        /// The line.
        line: usize,
        /// How many characters it has.
        length: usize,
    },
    /// One is too long.
    #[error("has in line {line} a token of more than {LONGEST} characters")]
    TooLong {
        /// The line.
        line: usize,
    },
    /// One is no token.
    #[error(
        "has in line {line} what nobody could send as a token: letters, digits and `-._~+/=` only, without `Bearer` \
         and quotes"
    )]
    NotSendable {
        /// The line.
        line: usize,
    },
    /// There are too many.
    #[error("holds more than {MOST} tokens; take out those that are no longer used")]
    TooMany,
}

/// The request has an `Authorization` that is no bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBearer;

impl Token {
    /// Of its text.
    pub fn of(text: &str) -> Self {
        Self(blake3::hash(text.as_bytes()))
    }
}

/// The tokens of a file, one a line. Empty lines, those that begin with `#`, and blanks around are nothing.
///
/// # Errors
/// Where there is none, or one is none, with its line.
pub fn tokens(text: &str) -> Result<Vec<Token>, TokenError> {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).zip(1..);
    let written = lines.filter(|(token, _)| !token.is_empty() && !token.starts_with('#'));
    let tokens: Vec<Token> = written.map(|(token, line)| checked(token, line)).collect::<Result<_, _>>()?;
    match tokens.len() {
        0 => Err(TokenError::None),
        1..=MOST => Ok(tokens),
        _ => Err(TokenError::TooMany),
    }
}

fn checked(token: &str, line: usize) -> Result<Token, TokenError> {
    // RFC 6750, section 2.1.
    if !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)) {
        return Err(TokenError::NotSendable { line });
    }
    match token.len() {
        length @ ..SHORTEST => Err(TokenError::TooShort { line, length }),
        SHORTEST..=LONGEST => Ok(Token::of(token)),
        _ => Err(TokenError::TooLong { line }),
    }
}

/// The token that a request bears.
///
/// # Errors
/// Where its `Authorization` is something else.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, NotBearer> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(NotBearer);
    }
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(NotBearer)?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() { Ok(Some(token)) } else { Err(NotBearer) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const A: &str = "0123456789abcdef0123456789abcdef";
    const B: &str = "fedcba9876543210fedcba9876543210";

    #[test]
    fn files_hold_a_token_a_line() {
        for text in [
            format!("{A}\n{B}\n"),
            format!("\u{feff}{A}\r\n{B}"),
            format!("# old\n {A} \n\n#new\n{B}\r\n\r\n"),
        ] {
            assert!(tokens(&text) == Ok(vec![Token::of(A), Token::of(B)]), "{text:?}");
        }
        for (text, error) in [
            ("", TokenError::None),
            ("\n# none yet\n", TokenError::None),
            ("\nsecret", TokenError::TooShort { line: 2, length: 6 }),
            (&format!("Bearer {A}"), TokenError::NotSendable { line: 1 }),
            (&format!("\"{A}\""), TokenError::NotSendable { line: 1 }),
            (&format!("{A}\n{A}é"), TokenError::NotSendable { line: 2 }),
            (&"a".repeat(4097), TokenError::TooLong { line: 1 }),
            (&format!("{A}\n").repeat(65), TokenError::TooMany),
        ] {
            assert_eq!(tokens(text).err(), Some(error), "{text:?}");
        }
    }

    #[test]
    fn requests_bear_one_token() {
        let with = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            }
            bearer(&headers).map(|token| token.map(ToOwned::to_owned))
        };
        assert_eq!(with(&[]), Ok(None));
        for value in ["Bearer abc", "bearer abc", "BEARER   abc "] {
            assert_eq!(with(&[value]), Ok(Some("abc".to_owned())), "{value}");
        }
        for values in
            [&["Bearer"][..], &["Bearer "], &["Basic abc"], &["abc"], &[""], &["Bearer a", "Bearer a"]]
        {
            assert_eq!(with(values), Err(NotBearer), "{values:?}");
        }
    }
}
