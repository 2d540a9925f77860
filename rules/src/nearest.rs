//! Names that somebody may have meant who wrote another.

/// A longer name is like none: nobody types it, and comparing it takes long.
const LONGEST_NAME: usize = 200;
/// More names are not looked through for one that is like another.
const MOST_NAMES: usize = 5_000;
/// How many are worth telling.
const MOST_TOLD: usize = 3;

/// The name most like `name`, if one is like it at all. Its case does not matter.
pub(crate) fn closest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wanted = lower(name)?;
    let likeness = |known: &'n str| Some((strsim::jaro_winkler(&wanted, &lower(known)?), known));
    let (likeness, closest) = names
        .filter_map(likeness)
        .take(MOST_NAMES)
        .max_by(|(a, known_a), (b, known_b)| a.total_cmp(b).then_with(|| known_b.cmp(known_a)))?;
    (likeness > 0.85).then_some(closest)
}

/// The word of the language most like `word`, the very word if that is it. Such words are short, so letters that are
/// wrong are counted.
pub(crate) fn closest_word(word: &str, words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let wanted = lower(word)?;
    let (distance, closest) =
        words.map(|known| (strsim::damerau_levenshtein(&wanted, known), known)).min()?;
    (distance == 0 || (distance <= 2 && word.len() > 2)).then_some(closest)
}

/// The names most like `name`, the likest first, at most three; none if none is like it. Case does not matter, and some
/// words of a name are as good as all of it.
#[must_use]
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let Some(wanted) = lower(name) else { return Vec::new() };
    let ranked = names.filter_map(|known| Some((likeness(&lower(known)?, &wanted), known)));
    let mut ranked: Vec<_> = ranked.take(MOST_NAMES).filter(|(likeness, _)| *likeness > 0.6).collect();
    ranked.sort_by(|(a, known_a), (b, known_b)| b.total_cmp(a).then_with(|| known_a.cmp(known_b)));
    ranked.into_iter().take(MOST_TOLD).map(|(_, known)| known).collect()
}

/// In lower case, unless it is too long to be like any.
fn lower(name: &str) -> Option<String> {
    (name.len() <= LONGEST_NAME).then(|| name.to_lowercase())
}

/// How like what is wanted a name is, or the likest part of it that has as many words.
fn likeness(known: &str, wanted: &str) -> f64 {
    let likeness = |part: &str| strsim::normalized_damerau_levenshtein(part, wanted);
    let part = if wanted.len() > 2 && known.contains(wanted) { 0.9 } else { 0.0 };
    let words: Vec<&str> = known.split(' ').collect();
    let parts = words.windows(wanted.split(' ').count()).map(|words| likeness(&words.join(" ")));
    parts.fold(likeness(known).max(part), f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["Attach/Exec Pod", "Create Privileged Pod", "port-forward"];

    #[test]
    fn the_closest_name_is_close() {
        let known = ["condition", "output", "desc"];
        assert_eq!(closest("conditon", known.into_iter()), Some("condition"));
        assert_eq!(closest("Conditions", known.into_iter()), Some("condition"));
        assert_eq!(closest("xyz", known.into_iter()), None);
    }

    #[test]
    fn the_closest_word_is_two_letters_away_at_most() {
        let known = ["in", "tolower", "len"];
        for (word, closest) in
            [("IN", Some("in")), ("lower", Some("tolower")), ("on", None), ("lowest", None)]
        {
            assert_eq!(closest_word(word, known.into_iter()), closest, "{word}");
        }
    }

    #[test]
    fn the_likest_come_first() {
        let nearest = |name| nearest(name, NAMES.into_iter());
        assert_eq!(nearest("attach/exec pod"), ["Attach/Exec Pod"]);
        assert_eq!(nearest("Atach/Exec Pods"), ["Attach/Exec Pod"]);
        assert_eq!(nearest("privileged"), ["Create Privileged Pod"]);
        assert_eq!(nearest("prvileged pod"), ["Create Privileged Pod"]);
        assert!(nearest("xyz").is_empty());
    }

    #[test]
    fn very_long_names_are_like_none() {
        let long = "Create Privileged Pod ".repeat(100_000);
        assert_eq!(nearest("Create Privileged Pods", [long.as_str(), NAMES[1]].into_iter()), [NAMES[1]]);
        assert!(nearest(&long, [long.as_str()].into_iter()).is_empty());
        assert_eq!(closest("Create Privileged Pods", [long.as_str()].into_iter()), None);
    }
}
