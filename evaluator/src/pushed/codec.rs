//! Rule files as one value of the bus: protobuf, compressed, with a digest over what was compressed.

use bytes::Bytes;
use prost::Message;
use proto::bus::v1::{PushedRules, RuleFile, RuleFiles};
use rules::SourceFile;

use super::{Draft, LARGEST_PACKED, LARGEST_PLAIN, MOST_FILES};

/// The version that is written, and the only one that is read.
const FORMAT: u32 = 1;

/// Rule files are pushed seldom and read often.
const LEVEL: i32 = 19;

/// Rules that are too large to be pushed.
#[derive(Debug, thiserror::Error)]
pub enum TooLarge {
    /// Too many.
    #[error("there are {0} rule files; at most {MOST_FILES} can be pushed")]
    Many(usize),
    /// As they are.
    #[error("the rule files are {0} bytes; at most {LARGEST_PLAIN} can be pushed")]
    Plain(usize),
    /// Compressed.
    #[error("the rule files are {0} bytes once compressed; at most {LARGEST_PACKED} can be pushed")]
    Packed(usize),
    /// The compressor failed.
    #[error("the rule files cannot be compressed: {0}")]
    Failed(std::io::Error),
}

/// What was pushed cannot be read by this program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableRules {
    /// From a later version of the program.
    #[error("they are in format {0}, which this version of the evaluator does not know: update it")]
    Unknown(u32),
    /// Damaged.
    #[error("they are damaged ({0}): push them again")]
    Damaged(&'static str),
}

/// What is stored, and its digest.
pub(super) fn encode(draft: &Draft) -> Result<(Bytes, String), TooLarge> {
    if draft.files.len() > MOST_FILES {
        return Err(TooLarge::Many(draft.files.len()));
    }
    let files = draft.files.iter().map(|file| RuleFile { name: file.name.clone(), text: file.text.clone() });
    let plain = RuleFiles { files: files.collect() }.encode_to_vec();
    if plain.len() > LARGEST_PLAIN {
        return Err(TooLarge::Plain(plain.len()));
    }
    let files = zstd::bulk::compress(&plain, LEVEL).map_err(TooLarge::Failed)?;
    let digest = blake3::hash(&plain).to_hex().to_string();
    let rules = PushedRules {
        format: FORMAT,
        pushed_unix_nanos: draft.pushed_unix_nanos,
        pushed_by: draft.pushed_by.clone(),
        message: draft.message.clone(),
        digest: digest.clone(),
        files: files.into(),
    };
    let packed = rules.encode_to_vec();
    if packed.len() > LARGEST_PACKED {
        return Err(TooLarge::Packed(packed.len()));
    }
    Ok((packed.into(), digest))
}

/// What was stored, and its digest.
pub(super) fn decode(value: &[u8]) -> Result<(Draft, String), UnreadableRules> {
    let rules = PushedRules::decode(value).map_err(|_| UnreadableRules::Damaged("no rules at all"))?;
    if rules.format != FORMAT {
        return Err(UnreadableRules::Unknown(rules.format));
    }
    // The bound keeps a forged value from making us allocate what it likes.
    let plain = zstd::bulk::decompress(&rules.files, LARGEST_PLAIN)
        .map_err(|_| UnreadableRules::Damaged("they cannot be decompressed"))?;
    if blake3::hash(&plain).to_hex().as_str() != rules.digest {
        return Err(UnreadableRules::Damaged("their digest is another one"));
    }
    let files = RuleFiles::decode(plain.as_slice()).map_err(|_| UnreadableRules::Damaged("no files"))?.files;
    if files.len() > MOST_FILES {
        return Err(UnreadableRules::Damaged("they are too many files"));
    }
    let draft = Draft {
        files: files.into_iter().map(|RuleFile { name, text }| SourceFile { name, text }).collect(),
        message: rules.message,
        pushed_by: rules.pushed_by,
        pushed_unix_nanos: rules.pushed_unix_nanos,
    };
    Ok((draft, rules.digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: impl Into<String>) -> Draft {
        Draft {
            files: vec![SourceFile { name: "a.yaml".into(), text: text.into() }],
            message: "m".into(),
            pushed_by: "alice@vm".into(),
            pushed_unix_nanos: 7,
        }
    }

    #[test]
    fn files_come_back_as_they_went() {
        let (value, digest) = encode(&draft("- macro: a")).unwrap();
        assert_eq!(decode(&value).unwrap(), (draft("- macro: a"), digest));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let error = encode(&draft("x".repeat(LARGEST_PLAIN))).unwrap_err();
        assert!(matches!(error, TooLarge::Plain(_)), "{error}");
        let many = Draft { files: vec![draft("").files.remove(0); MOST_FILES + 1], ..draft("") };
        let error = encode(&many).unwrap_err();
        assert!(matches!(error, TooLarge::Many(_)), "{error}");
        let mut seed = 1_u64;
        let noise = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'!' + u8::try_from(seed >> 58).unwrap())
        });
        let error = encode(&draft(noise.take(2 << 20).collect::<String>())).unwrap_err();
        assert!(matches!(error, TooLarge::Packed(_)), "{error}");
    }

    #[test]
    fn what_is_damaged_or_newer_says_so() {
        let (value, _) = encode(&draft("- macro: a")).unwrap();
        let stored = PushedRules::decode(value).unwrap();
        let newer = PushedRules { format: 2, ..stored.clone() };
        assert_eq!(decode(&newer.encode_to_vec()).unwrap_err(), UnreadableRules::Unknown(2));
        let other = PushedRules { digest: "0".repeat(64), ..stored.clone() };
        assert!(decode(&other.encode_to_vec()).unwrap_err().to_string().contains("digest"));
        let many = RuleFiles { files: vec![RuleFile::default(); MOST_FILES + 1] }.encode_to_vec();
        let packed = zstd::bulk::compress(&many, 1).unwrap().into();
        let digest = blake3::hash(&many).to_hex().to_string();
        let many = PushedRules { files: packed, digest, ..stored.clone() };
        assert!(decode(&many.encode_to_vec()).unwrap_err().to_string().contains("too many files"));
        let bomb = zstd::bulk::compress(&vec![0; LARGEST_PLAIN + 1], 1).unwrap();
        let bomb = PushedRules { files: bomb.into(), ..stored };
        assert!(decode(&bomb.encode_to_vec()).unwrap_err().to_string().contains("decompressed"));
        assert!(decode(b"nonsense").is_err());
    }
}
