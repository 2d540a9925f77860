//! JSON pointers (RFC 6901), as the operations of a JSON patch have them.

/// The keys of a pointer. What stands before its first slash counts for nothing, as with those who apply patches.
pub(super) fn keys(pointer: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(pointer);
    text.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_between_slashes() {
        assert!(keys(b"").is_empty());
        assert_eq!(keys(b"/data/a~1b~0c~01"), ["data", "a/b~c~1"]);
        assert_eq!(keys(b"x/data//y"), ["data", "", "y"]);
    }
}
