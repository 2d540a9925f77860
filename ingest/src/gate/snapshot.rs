//! [`Snapshot`]: all credentials at one time, made of all files together or not at all.

use std::sync::Arc;

use service::credentials::{FileContents, Files, Problem};

use crate::identity::{CertificateName, Identities, Identity, Usage, tokens};
use crate::settings::Settings;
use crate::tls::{Material, Need, TlsSettings};

/// All credentials at one time.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Counts up with each one.
    pub(crate) generation: u64,
    /// What connections are secured with; `None` for plain HTTP.
    pub(crate) tls: Option<Material>,
    /// Who is known; `None` where nobody is asked who they are.
    pub(crate) identities: Option<Identities>,
}

/// What the settings say, which does not change with the files.
#[derive(Debug)]
pub(crate) struct Plan {
    known: Vec<Known>,
    tls: TlsSettings,
    need: Need,
}

#[derive(Debug)]
struct Known {
    identity: Arc<Identity>,
    names: Vec<CertificateName>,
}

/// The files that the settings name.
pub(crate) fn files(settings: &Settings) -> Files {
    let tokens = settings.identities.iter();
    let tokens = tokens.map(|(name, identity)| (token_key(name), identity.token_file.clone()));
    Files::new(settings.tls.files().chain(tokens))
}

/// The key of an identity's file of tokens.
fn token_key(identity: &str) -> String {
    format!("identities.{identity}.token_file")
}

impl Plan {
    /// Of settings that have no problems.
    pub(crate) fn of(settings: &Settings) -> Self {
        let others = settings.identities.len().saturating_sub(1);
        let known = settings.identities.iter().map(|(name, identity)| Known {
            identity: Arc::new(Identity {
                name: name.clone(),
                cluster: identity.cluster(name).unwrap_or_default(),
                usage: Usage::new(settings.max_requests_per_identity, others),
            }),
            names: identity.certificate_names.clone(),
        });
        // A client that presents no certificate is let in where there is something else by which it could be known.
        let has_tokens = settings.identities.values().any(|identity| identity.token_file.is_some());
        Self {
            tls: settings.tls.clone(),
            need: if has_tokens { Need::Optional } else { Need::Required },
            known: known.collect(),
        }
    }

    /// Makes it of the files, or tells all that is wrong with them.
    pub(crate) fn snapshot(
        &self,
        contents: &FileContents,
        generation: u64,
    ) -> Result<Snapshot, Vec<Problem>> {
        let unreadable: Vec<Problem> =
            contents.unreadable().map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
        let tls = self.tls.material(contents, self.need);
        let identities = self.identities(contents);
        match (tls, identities) {
            (Ok(tls), Ok(identities)) if unreadable.is_empty() => {
                Ok(Snapshot { generation, tls, identities })
            }
            (tls, identities) => {
                let wrong = [unreadable, tls.err().unwrap_or_default(), identities.err().unwrap_or_default()];
                Err(wrong.into_iter().flatten().collect())
            }
        }
    }

    fn identities(&self, contents: &FileContents) -> Result<Option<Identities>, Vec<Problem>> {
        if self.known.is_empty() {
            return Ok(None);
        }
        let (mut identities, mut problems) = (Identities::default(), Vec::new());
        for known in &self.known {
            identities.add_names(&known.identity, &known.names);
            let key = token_key(&known.identity.name);
            if let Some(Err(text)) = contents.get(&key).map(|file| add_tokens(&mut identities, known, file)) {
                problems.push(contents.problem(&key, &text));
            }
        }
        if problems.is_empty() { Ok(Some(identities)) } else { Err(problems) }
    }
}

fn add_tokens(identities: &mut Identities, known: &Known, file: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(file).map_err(|_| "is no text: write one token a line".to_owned())?;
    let tokens = tokens(text).map_err(|error| error.to_string())?;
    identities.add_tokens(&known.identity, tokens).map_err(|shared| {
        format!("holds a token of identities.{} as well; give each identity tokens of its own", shared.other)
    })
}
