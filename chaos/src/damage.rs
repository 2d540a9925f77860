//! What a disk, a copy or a person may do to a file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How many neighbouring bytes are flipped.
const FLIPPED: usize = 8;

/// What the store's engine keeps its bearings in, at the beginning of the file.
const HEADER: u64 = 320;

/// One way to damage a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    /// None at all, to compare with.
    Untouched,
    /// So many bytes are missing at the end.
    Cut(u64),
    /// The second half is missing.
    CutToHalf,
    /// All of it is missing, and the file is there.
    Emptied,
    /// So many bytes that do not belong there follow.
    Padded(usize),
    FlippedInHeader,
    FlippedInMiddle,
    FlippedAtEnd,
    /// Where something was written.
    FlippedInData,
}

/// Each way once, and those that depend on chance so often.
pub(crate) fn damages(rounds: usize) -> Vec<Damage> {
    use Damage::*;
    let by_chance = [FlippedInHeader, FlippedInMiddle, FlippedAtEnd, FlippedInData];
    let mut all = vec![Untouched, Cut(7), Cut(4096), CutToHalf, Emptied, Padded(1000), Padded(4096)];
    (0..rounds).for_each(|_| all.extend(by_chance));
    all
}

impl Damage {
    /// Does it. Says where, for whoever wants to see it again.
    pub(crate) fn apply(self, path: &Path, seed: u64) -> String {
        let mut chance = StdRng::seed_from_u64(seed);
        let file = File::options().read(true).write(true).open(path).expect("the store is there");
        let length = file.metadata().expect("a file has a length").len();
        let shorten = |length| {
            file.set_len(length).expect("a file can be cut");
            format!("cut to {length} bytes")
        };
        let at = match self {
            Self::Untouched => return "nothing".to_owned(),
            Self::Cut(bytes) => return shorten(length - bytes),
            Self::CutToHalf => return shorten(length / 2),
            Self::Emptied => return shorten(0),
            Self::Padded(bytes) => {
                file.write_all_at(&vec![0x5a; bytes], length).expect("a file can grow");
                return format!("{bytes} bytes behind {length}");
            }
            Self::FlippedInHeader => chance.random_range(0..HEADER),
            Self::FlippedInMiddle => chance.random_range(length / 4..length / 4 * 3),
            Self::FlippedAtEnd => length - chance.random_range(FLIPPED as u64..4096),
            Self::FlippedInData => something(path, &mut chance),
        };
        let mut bytes = [0; FLIPPED];
        file.read_exact_at(&mut bytes, at).expect("a file can be read");
        bytes.iter_mut().for_each(|byte| *byte ^= 0xa5);
        file.write_all_at(&bytes, at).expect("a file can be written");
        format!("{FLIPPED} bytes flipped at {at} of {length}")
    }
}

/// Behind the header, where a byte is not zero.
fn something(path: &Path, chance: &mut StdRng) -> u64 {
    let bytes = std::fs::read(path).expect("the store can be read");
    let places: Vec<u64> =
        (4096..).zip(&bytes[4096..]).filter(|(_, byte)| **byte != 0).map(|(at, _)| at).collect();
    places[chance.random_range(0..places.len() - FLIPPED)]
}
