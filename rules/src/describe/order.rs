//! The order in which Falco names what it has gathered in a set: that of `std::unordered_set<std::string>` in GNU's C++
//! library, which depends on the names, on how many there are and on the order they came in.

/// Numbers of buckets that the library grows through: from each, the first prime it knows that is twice as large.
const BUCKETS: [usize; 13] = [13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10_273, 20_753, 42_043, 85_229];
const SEED: u64 = 0xc70f_6907;
const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;

/// The names, each once, in that order, given the order they came in.
pub(super) fn unordered<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Vec<String> {
    let mut set = Set::default();
    for name in names {
        set.insert(name.as_ref());
    }
    set.chain.into_iter().map(|(_, name)| name).collect()
}

/// All elements in one chain; those of a bucket stand together in it.
#[derive(Default)]
struct Set {
    chain: Vec<(u64, String)>,
    buckets: usize,
}

impl Set {
    fn insert(&mut self, name: &str) {
        let hash = hash(name.as_bytes());
        if self.chain.iter().any(|(other, known)| *other == hash && known == name) {
            return;
        }
        if self.chain.len() >= self.buckets {
            self.grow();
        }
        self.link((hash, name.to_owned()));
    }

    /// The elements are linked anew in the order of the chain.
    fn grow(&mut self) {
        let more = BUCKETS.into_iter().find(|buckets| *buckets > self.chain.len());
        self.buckets = more.unwrap_or(usize::MAX);
        for element in std::mem::take(&mut self.chain) {
            self.link(element);
        }
    }

    /// An element comes first in its bucket, and a new bucket first in the chain.
    fn link(&mut self, element: (u64, String)) {
        let bucket =
            |hash: u64| u64::try_from(self.buckets).ok().and_then(|buckets| hash.checked_rem(buckets));
        let place = self.chain.iter().position(|(hash, _)| bucket(*hash) == bucket(element.0));
        self.chain.insert(place.unwrap_or(0), element);
    }
}

/// Murmur's 64 bits, as the library mixes them.
fn hash(bytes: &[u8]) -> u64 {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = SEED ^ length.wrapping_mul(FACTOR);
    for word in words {
        let word = mixed(u64::from_le_bytes(*word).wrapping_mul(FACTOR)).wrapping_mul(FACTOR);
        hash = (hash ^ word).wrapping_mul(FACTOR);
    }
    if !rest.is_empty() {
        let tail = rest.iter().rev().fold(0, |tail, byte| (tail << 8) | u64::from(*byte));
        hash = (hash ^ tail).wrapping_mul(FACTOR);
    }
    mixed(mixed(hash).wrapping_mul(FACTOR))
}

fn mixed(value: u64) -> u64 {
    value ^ (value >> 47)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mostly_the_last_comes_first() {
        assert_eq!(
            unordered(["ka.verb", "ka.uri", "ka.stage", "ka.verb"]),
            ["ka.stage", "ka.uri", "ka.verb"]
        );
        assert_eq!(unordered([""; 0]), [""; 0]);
    }

    #[test]
    fn names_of_one_bucket_stand_together() {
        let fields = [
            "jevt.value[/stage]",
            "ka.target.resource",
            "ka.target.subresource",
            "ka.verb",
            "ka.req.pod.host_pid",
        ];
        let expected = [
            "ka.verb",
            "ka.target.subresource",
            "ka.target.resource",
            "ka.req.pod.host_pid",
            "jevt.value[/stage]",
        ];
        assert_eq!(unordered(fields), expected);
    }

    #[test]
    fn none_is_lost_as_the_set_grows() {
        let names: Vec<String> = (0..2000).map(|number| format!("name{number}")).collect();
        let mut ordered = unordered(&names);
        ordered.sort_by_key(|name| name.trim_start_matches("name").parse::<usize>().unwrap());
        assert_eq!(ordered, names);
    }
}
