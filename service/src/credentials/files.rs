//! The files that credentials stand in. The truth is their content: it is read again and again and compared, so links that
//! are swapped and files that are renamed make no difference.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// More than any of them needs.
const LARGEST: u64 = 1 << 20;

/// How long files must have been the same before they are taken: a certificate and its key are written one by one.
const SETTLING: Duration = Duration::from_millis(100);

/// How often they are looked at again in the hope that they settle.
const LOOKS: usize = 20;

/// What is wrong with a file: the key that names it, and what to do.
pub type Problem = (String, String);

/// Where the files are, by the keys of the settings that name them.
#[derive(Debug, Clone, Default)]
pub struct Files(BTreeMap<String, PathBuf>);

/// What the files hold, or why that cannot be told.
pub struct Contents {
    files: Files,
    found: BTreeMap<String, Result<Vec<u8>, String>>,
    /// Stands for all of them.
    pub mark: Mark,
}

/// Stands for the contents of all files, to see whether anything has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(blake3::Hash);

impl Files {
    /// Those that have these keys, where they are set.
    pub fn new(named: impl IntoIterator<Item = (String, Option<PathBuf>)>) -> Self {
        Self(named.into_iter().filter_map(|(key, path)| Some((key, path?))).collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads them as they are now.
    pub async fn read(&self) -> Contents {
        let files = self.clone();
        spawn_blocking(move || files.look()).await.unwrap_or_else(|error| {
            let error = format!("the files could not be read: {error}");
            Contents::of(self, [("tls".to_owned(), Err(error))].into())
        })
    }

    /// Reads them once they rest; at once where they are as they were at `seen`. `None` where they keep changing.
    pub async fn settled(&self, seen: Mark) -> Option<Contents> {
        let mut contents = self.read().await;
        if contents.mark == seen {
            return Some(contents);
        }
        for _ in 0..LOOKS {
            sleep(SETTLING).await;
            let next = self.read().await;
            if next.mark == contents.mark {
                return Some(next);
            }
            contents = next;
        }
        None
    }

    fn look(&self) -> Contents {
        Contents::of(self, self.0.iter().map(|(key, path)| (key.clone(), read(path))).collect())
    }
}

impl Contents {
    fn of(files: &Files, found: BTreeMap<String, Result<Vec<u8>, String>>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for (key, content) in &found {
            let (is_there, bytes) =
                content.as_ref().map_or_else(|error| (0, error.as_bytes()), |bytes| (1, &**bytes));
            hasher.update(key.as_bytes()).update(&[0, is_there]);
            hasher.update(blake3::hash(bytes).as_bytes());
        }
        Self { files: files.clone(), mark: Mark(hasher.finalize()), found }
    }

    /// The content of the file that this key names, where it names one and that can be read.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.found.get(key)?.as_deref().ok()
    }

    /// A mistake in the file that this key names, which `text` says, beginning with a verb.
    pub fn problem(&self, key: &str, text: &str) -> Problem {
        let path = self.files.0.get(key).map(|path| format!("{} ", path.display())).unwrap_or_default();
        (key.to_owned(), format!("{path}{text}"))
    }

    /// The files that cannot be read, by key.
    pub fn unreadable(&self) -> impl Iterator<Item = (&str, &str)> {
        self.found.iter().filter_map(|(key, content)| Some((key.as_str(), content.as_ref().err()?.as_str())))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| {
        format!(
            "cannot read {}: {error}; it must be a file that the user of this process may read",
            path.display()
        )
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(told)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(told)?;
    let is_larger = u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST;
    if is_larger {
        Err(format!("{} is larger than 1 MiB; is it another file?", path.display()))
    } else {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_of_content_is_seen_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = (directory.path().join("one"), directory.path().join("two"));
        std::fs::write(&one, "a").unwrap();
        let files = Files([("one".to_owned(), one.clone()), ("two".to_owned(), two.clone())].into());
        let without = files.look();
        let told = without.unreadable().map(|(key, text)| format!("{key}: {text}")).collect::<String>();
        assert!(told.starts_with("two: cannot read "), "{told}");
        std::os::unix::fs::symlink(&one, &two).unwrap();
        let linked = files.look();
        assert!(linked.mark != without.mark && linked.get("two") == Some(b"a"));
        std::fs::remove_file(&two).unwrap();
        std::fs::write(&two, "a").unwrap();
        assert_eq!(files.look().mark, linked.mark);
        std::fs::write(&two, vec![b'x'; 1 << 21]).unwrap();
        assert!(files.look().get("two").is_none());
    }
}
