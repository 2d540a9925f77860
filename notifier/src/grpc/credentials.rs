//! [`Snapshot`]: all credentials at one time, made of all files together or not at all.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use service::credentials::{
    CertificateName, FileContents, Files, Material, Need, Problem, TlsSettings, Token, tokens,
};

use super::settings::GrpcSettings;
use super::viewer::Viewer;

/// All credentials at one time.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Counts up with each one.
    pub(crate) generation: u64,
    /// What connections are secured with, where they are.
    pub(crate) tls: Option<Material>,
    /// Who is known; `None` where nobody is asked who they are.
    pub(crate) known: Option<Known>,
}

/// All clients that are known, by what they present.
#[derive(Default)]
pub(crate) struct Known {
    tokens: Vec<(Token, Arc<Viewer>)>,
    names: HashMap<CertificateName, Arc<Viewer>>,
}

/// What the settings say, which does not change with the files.
#[derive(Debug)]
pub(crate) struct Plan {
    identities: Vec<Identity>,
    tls: TlsSettings,
    need: Need,
}

#[derive(Debug)]
struct Identity {
    key: String,
    viewer: Arc<Viewer>,
    names: Vec<CertificateName>,
}

/// The files that the settings name.
pub(crate) fn files(settings: &GrpcSettings) -> Files {
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
    pub(crate) fn of(settings: &GrpcSettings) -> Self {
        let max_streams = settings.max_streams_per_identity;
        let identities = settings.identities.iter().map(|(name, identity)| Identity {
            key: token_key(name),
            viewer: Arc::new(Viewer::identity(name, identity, max_streams)),
            names: identity.certificate_names.clone(),
        });
        // A client that presents no certificate is let in where there is something else by which it could be known.
        let has_tokens = settings.identities.values().any(|identity| identity.token_file.is_some());
        let need = if has_tokens { Need::Optional } else { Need::Required };
        Self { identities: identities.collect(), tls: settings.tls.clone(), need }
    }

    /// Makes it of the files, or tells all that is wrong with them.
    pub(crate) fn snapshot(
        &self,
        contents: &FileContents,
        generation: u64,
    ) -> Result<Snapshot, Vec<Problem>> {
        let unreadable: Vec<Problem> =
            contents.unreadable().map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
        match (self.tls.material(contents, self.need), self.known(contents)) {
            (Ok(tls), Ok(known)) if unreadable.is_empty() => Ok(Snapshot { generation, tls, known }),
            (tls, known) => {
                let wrong = [unreadable, tls.err().unwrap_or_default(), known.err().unwrap_or_default()];
                Err(wrong.into_iter().flatten().collect())
            }
        }
    }

    fn known(&self, contents: &FileContents) -> Result<Option<Known>, Vec<Problem>> {
        if self.identities.is_empty() {
            return Ok(None);
        }
        let (mut known, mut problems) = (Known::default(), Vec::new());
        for Identity { key, viewer, names, .. } in &self.identities {
            known.names.extend(names.iter().map(|name| (name.clone(), Arc::clone(viewer))));
            if let Some(Err(text)) = contents.get(key).map(|file| known.add_tokens(viewer, file)) {
                problems.push(contents.problem(key, &text));
            }
        }
        if problems.is_empty() { Ok(Some(known)) } else { Err(problems) }
    }
}

impl Known {
    /// How many tokens and names of certificates are known.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.tokens.len(), self.names.len())
    }

    /// Looks at every token, so that the time it takes says nothing about any of them.
    pub(crate) fn by_token(&self, token: Token) -> Option<&Arc<Viewer>> {
        self.tokens
            .iter()
            .fold(None, |found, (known, viewer)| if *known == token { Some(viewer) } else { found })
    }

    /// The ones who bear any of these names.
    pub(crate) fn by_names(&self, names: &[CertificateName]) -> impl Iterator<Item = &Arc<Viewer>> {
        names.iter().filter_map(|name| self.names.get(name))
    }

    fn add_tokens(&mut self, viewer: &Arc<Viewer>, file: &[u8]) -> Result<(), String> {
        let text = std::str::from_utf8(file).map_err(|_| "is no text: write one token a line".to_owned())?;
        for token in tokens(text).map_err(|error| error.to_string())? {
            match self.by_token(token) {
                Some(other) if !Arc::ptr_eq(other, viewer) => {
                    let other = other.name().unwrap_or_default();
                    return Err(format!(
                        "holds a token of identities.{other} as well; give each identity tokens of its own"
                    ));
                }
                Some(_) => {}
                None => self.tokens.push((token, Arc::clone(viewer))),
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tokens, names) = self.counts();
        write!(f, "Known({tokens} tokens, {names} names)")
    }
}
