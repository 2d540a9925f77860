//! Names that somebody may have meant who typed another.

/// How many are worth telling.
const MOST: usize = 3;

/// The names most like `name`, the likest first; none if none is like it. Case does not matter, and a part of a name is
/// as good as all of it.
#[must_use]
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let wanted = name.to_lowercase();
    let likeness = |known: &str| {
        let known = known.to_lowercase();
        let part = if wanted.len() >= MOST && known.contains(&wanted) { 0.9 } else { 0.0 };
        strsim::normalized_damerau_levenshtein(&known, &wanted).max(part)
    };
    let mut ranked: Vec<_> = names.map(|known| (likeness(known), known)).collect();
    ranked.retain(|(likeness, _)| *likeness > 0.6);
    ranked.sort_by(|(a, known_a), (b, known_b)| b.total_cmp(a).then_with(|| known_a.cmp(known_b)));
    ranked.into_iter().take(MOST).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likest_come_first() {
        let names = ["Attach/Exec Pod", "Create Privileged Pod", "port-forward"];
        assert_eq!(nearest("attach/exec pod", names.into_iter()), ["Attach/Exec Pod"]);
        assert_eq!(nearest("Atach/Exec Pods", names.into_iter()), ["Attach/Exec Pod"]);
        assert_eq!(nearest("privileged", names.into_iter()), ["Create Privileged Pod"]);
        assert!(nearest("xyz", names.into_iter()).is_empty());
    }
}
