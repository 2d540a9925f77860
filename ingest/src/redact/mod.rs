//! Redaction: values that are secret are replaced before anything reaches the bus. Pure; docs/redaction.md tells what is
//! replaced by what, and why.
//!
//! An event in which none of the words stands that redaction looks for (`prefilter`) passes as it is. In any other one
//! walk finds what it is about (`facts`), a second one the values to replace (`walk`). Both see keys as the API server
//! does: in any case and spelled with escapes, as often as they occur.

mod facts;
mod key;
mod key_file;
mod marker;
mod mask;
mod path;
mod pointer;
mod prefilter;
mod rules;
mod settings;
mod text;
mod walk;

use std::ops::Range;

use bytes::Bytes;

pub use key::{Key, KeyError};
pub use key_file::{KeyFileError, read, read_or_create};
pub use path::{Path, PathError};
pub use settings::{Builtin, Settings};

use crate::split::scan::{Fault, MAX_DEPTH, Scanner};
use key::Derived;
use marker::Marker;
use prefilter::Prefilter;
use rules::Rules;

/// How many bytes a digest has.
const DIGEST: usize = 16;

/// Replaces values, and tells which events are the same whatever was replaced in them.
#[derive(Debug)]
pub struct Redactor {
    rules: Rules,
    prefilter: Prefilter,
    marker: Marker,
    digests: Option<Derived>,
}

/// What the settings ask for, with the key of its file, which is made where it is not there.
///
/// # Errors
/// Where there is no key though there should be one.
pub fn redactor(settings: &Settings) -> Result<Redactor, KeyFileError> {
    let key = settings.key_file.as_deref().map(read_or_create).transpose()?;
    if key.is_none() && settings.is_on() {
        tracing::info!(
            "secret values are replaced by `redacted`, so that equal ones cannot be told from others; with \
             ingest.redact.key_file, the same for all replicas, they can"
        );
    }
    Ok(Redactor::new(settings, key.as_ref()))
}

impl Redactor {
    /// Replaces what the settings say, by hashes under the key or, without one, by a word.
    pub fn new(settings: &Settings, key: Option<&Key>) -> Self {
        let rules = Rules::new(settings);
        Self {
            prefilter: Prefilter::new(&rules),
            rules,
            marker: Marker::new(key),
            digests: key.map(|key| key.derived("saker redaction v1: digests")),
        }
    }

    /// An event without its secret values; the same bytes where it has none.
    pub fn event(&self, event: Bytes) -> Bytes {
        if !self.prefilter.may_concern(&event) {
            return event;
        }
        match self.object(&event, 0) {
            Ok((found, end)) if end == event.len() => self.replaced(event, found),
            // No event is like this; should one be, it is better unusable than told.
            _ => self.piece(event),
        }
    }

    /// Any piece of a body: JSON without the secret values of its objects, and of what is meant to be JSON its keys.
    pub fn piece(&self, piece: Bytes) -> Bytes {
        if !self.is_on() {
            return piece;
        }
        let (mut found, mut at) = (Vec::new(), 0);
        loop {
            let separators = piece.get(at..).unwrap_or_default();
            at += separators.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
            if at >= piece.len() {
                return self.replaced(piece, found);
            }
            match self.value(&piece, at) {
                Ok((values, end)) => {
                    found.extend(values);
                    at = end;
                }
                Err(_) => break,
            }
        }
        match mask::masked(piece.get(at..).unwrap_or_default()) {
            None => self.replaced(piece, found),
            Some(rest) => {
                let whole = self.replaced(piece.slice(..at), found);
                [whole.as_ref(), &rest].concat().into()
            }
        }
    }

    /// What identifies an event, or a piece of a body, before anything in it was replaced; nothing without a key, when it
    /// is identified by what is left of it: a hash without a key would let people guess.
    pub fn digest(&self, original: &[u8]) -> Option<Bytes> {
        Some(Bytes::copy_from_slice(self.hash(original)?.as_bytes().get(..DIGEST)?))
    }

    /// All of that which a digest is the beginning of.
    pub(crate) fn hash(&self, original: &[u8]) -> Option<blake3::Hash> {
        Some(self.digests.as_ref()?.hash(&[original]))
    }

    /// Whether anything is replaced at all.
    pub fn is_on(&self) -> bool {
        !self.rules.is_empty()
    }

    /// The values to replace in the object or list that begins at `start`, and where that ends.
    fn object(&self, bytes: &[u8], start: usize) -> Result<(Vec<Range<usize>>, usize), Fault> {
        let facts = facts::of_object(bytes, start)?;
        walk::of_object(bytes, start, &self.rules, &facts)
    }

    fn value(&self, bytes: &[u8], start: usize) -> Result<(Vec<Range<usize>>, usize), Fault> {
        if matches!(bytes.get(start), Some(b'{' | b'[')) {
            return self.object(bytes, start);
        }
        let mut scanner = Scanner::new(bytes, start);
        scanner.value(MAX_DEPTH)?;
        Ok((Vec::new(), scanner.at))
    }

    /// The bytes with markers in place of values, which are in order and apart.
    fn replaced(&self, bytes: Bytes, values: Vec<Range<usize>>) -> Bytes {
        let (mut left, mut done) = (Vec::new(), 0);
        for value in values {
            let instead = self.marker.instead_of(bytes.get(value.clone()).unwrap_or_default());
            let Some(instead) = instead else { continue };
            left.extend_from_slice(bytes.get(done..value.start).unwrap_or_default());
            left.extend_from_slice(instead.as_bytes());
            done = value.end;
        }
        if done == 0 {
            return bytes;
        }
        left.extend_from_slice(bytes.get(done..).unwrap_or_default());
        left.into()
    }
}

#[cfg(test)]
mod tests;
