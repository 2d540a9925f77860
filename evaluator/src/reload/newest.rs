//! The newest rules as they stand in files and on the bus, good or not.

use std::time::Duration;

use bus::Entry;
use rules::{Options, SourceFile};
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::sleep;

use super::follower::News;
use crate::in_force::Found;
use crate::pushed::Pushed;
use crate::ruleset::{Content, Ruleset, RulesetError};
use crate::sources::{self, files_with, is_read_again};

/// How long files must have been the same before they are taken: whoever writes them may be half done.
const SETTLING: Duration = Duration::from_millis(100);

/// How often they are looked at again in the hope that they settle; after that the next look begins anew.
const LOOKS: usize = 20;

/// The newest rules.
#[derive(Debug)]
pub(super) struct Newest {
    pub(super) mark: Mark,
    files: Result<Vec<SourceFile>, RulesetError>,
}

/// Stands for all that the newest rules are made of, to see whether anything has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    content: Content,
    generation: Option<u64>,
}

impl Mark {
    /// That of rules that were made of files alone.
    pub(super) fn of(ruleset: &Ruleset) -> Self {
        Self { content: ruleset.content(), generation: None }
    }

    /// That of the rules on the bus among them.
    pub(super) fn generation(&self) -> Option<u64> {
        self.generation
    }
}

impl Newest {
    /// Reads them. Files that are not as they were at `seen` are read until they settle; `None` where they do not.
    pub(super) async fn read(sources: &[String], news: &News, seen: Option<Mark>) -> Option<Self> {
        let mut newest = Self::look(sources, news).await;
        if seen == Some(newest.mark) || !sources::has_paths(sources) {
            return Some(newest);
        }
        for _ in 0..LOOKS {
            sleep(SETTLING).await;
            let next = Self::look(sources, news).await;
            if next.mark == newest.mark {
                return Some(next);
            }
            newest = next;
        }
        None
    }

    /// Compiles them, aside.
    pub(super) async fn load(self, options: &Options) -> Result<Found, RulesetError> {
        let (files, options) = (self.files?, options.clone());
        let loading = spawn_blocking(move || Ruleset::from_files(&files, &options));
        let ruleset = loading.await.unwrap_or_else(|error| Err(failed(&error)))?;
        Ok(Found { ruleset, generation: self.mark.generation })
    }

    async fn look(sources: &[String], news: &News) -> Self {
        let (sources, news) = (sources.to_vec(), news.clone());
        let looking = spawn_blocking(move || look(&sources, &news));
        let (files, generation) = looking.await.unwrap_or_else(|error| (Err(failed(&error)), None));
        let content = match &files {
            Ok(files) => Content::of(files),
            Err(error) => Content::missing(&error.to_string()),
        };
        Self { mark: Mark { content, generation }, files }
    }
}

type Files = Result<Vec<SourceFile>, RulesetError>;

fn look(sources: &[String], news: &News) -> (Files, Option<u64>) {
    let entry = match news {
        News::Pushed(entry) => entry,
        News::Unknown | News::Nothing => return (files_again(sources, &[]), None),
    };
    let files = pushed(entry).and_then(|pushed| files_again(sources, &pushed));
    (files, Some(entry.revision))
}

fn pushed(entry: &Entry) -> Files {
    let pushed = Pushed::of(entry).transpose().map_err(|error| RulesetError::Pushed(error.to_string()))?;
    Ok(pushed.map(Pushed::files).unwrap_or_default())
}

fn files_again(sources: &[String], pushed: &[SourceFile]) -> Files {
    is_read_again(sources)?;
    files_with(sources, pushed)
}

fn failed(error: &JoinError) -> RulesetError {
    RulesetError::Failed(error.to_string())
}
