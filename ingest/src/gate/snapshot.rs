//! [`Snapshot`]: all credentials at one time, made of all files together or not at all.

use std::sync::Arc;

use service::credentials::{FileContents, Files, Problem};

use crate::identity::{CertificateName, Identities, Identity, Usage, tokens};
use crate::settings::Settings;
use crate::tls::{self, Material, Need};

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
    is_secured: bool,
    has_own_key: bool,
    need: Need,
}

#[derive(Debug)]
struct Known {
    identity: Arc<Identity>,
    names: Vec<CertificateName>,
    has_tokens: bool,
}

/// The files that the settings name.
pub(crate) fn files(settings: &Settings) -> Files {
    let tls = &settings.tls;
    let named = [
        ("tls.certificate", &tls.certificate),
        ("tls.key", &tls.key),
        ("tls.client_ca", &tls.client_ca),
        ("tls.client_crl", &tls.client_crl),
    ];
    let named = named.into_iter().map(|(key, path)| (key.to_owned(), path.clone()));
    let tokens = settings.identities.iter();
    let tokens = tokens.map(|(name, identity)| (token_key(name), identity.token_file.clone()));
    Files::new(named.chain(tokens))
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
            has_tokens: identity.token_file.is_some(),
        });
        let known: Vec<Known> = known.collect();
        let is_without_tokens = known.iter().all(|known| !known.has_tokens);
        Self {
            is_secured: settings.tls.is_on(),
            has_own_key: settings.tls.key.is_some(),
            need: if is_without_tokens { Need::Required } else { Need::Optional },
            known,
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
        let tls = self.material(contents);
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

    fn material(&self, contents: &FileContents) -> Result<Option<Material>, Vec<Problem>> {
        let key = if self.has_own_key { "tls.key" } else { "tls.certificate" };
        let (Some(certificate), Some(key)) = (contents.get("tls.certificate"), contents.get(key)) else {
            return Ok(None);
        };
        if !self.is_secured {
            return Ok(None);
        }
        let (client_ca, client_crl) = (contents.get("tls.client_ca"), contents.get("tls.client_crl"));
        let parts = tls::Contents { certificate, key, client_ca, client_crl };
        let told = |(key, error): (&str, tls::MaterialError)| {
            // One file for both: there is no other key to name.
            let key = if key == "tls.key" && !self.has_own_key { "tls.certificate" } else { key };
            contents.problem(key, &error.to_string())
        };
        let material = tls::material(parts, self.need);
        material.map(Some).map_err(|wrong| {
            let mut wrong: Vec<Problem> = wrong.into_iter().map(told).collect();
            wrong.dedup();
            wrong
        })
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
