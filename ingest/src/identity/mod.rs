//! Who sends a request, by what it presents: a bearer token, a client certificate, or both. Pure.
//!
//! Each identity speaks for one cluster. Nothing that a body, a path or another header says can make it speak for
//! another.

mod settings;
mod usage;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub(crate) use service::credentials::{Certificate, NotBearer, Token, bearer, tokens};
pub use service::credentials::{CertificateName, CertificateNameError};
pub use settings::IdentitySettings;
pub(crate) use settings::{Identities as IdentitiesSettings, problems};
pub(crate) use usage::{InHand, Usage};

use crate::cluster::Cluster;
use crate::refusal::Refusal;

/// A client that is known.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) name: String,
    /// The cluster whose events it sends.
    pub(crate) cluster: Cluster,
    /// What it has in hand.
    pub(crate) usage: Usage,
}

/// All clients that are known, by what they present.
#[derive(Default)]
pub(crate) struct Identities {
    tokens: Vec<(Token, Arc<Identity>)>,
    names: HashMap<CertificateName, Arc<Identity>>,
}

/// What a request presents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Credentials<'c> {
    pub(crate) bearer: Result<Option<&'c str>, NotBearer>,
    pub(crate) certificate: Certificate<'c>,
}

/// Two identities have the same token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SharedToken {
    pub(crate) other: String,
}

impl Identities {
    /// How many tokens and names of certificates are known.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.tokens.len(), self.names.len())
    }

    pub(crate) fn add_tokens(
        &mut self,
        identity: &Arc<Identity>,
        tokens: Vec<Token>,
    ) -> Result<(), SharedToken> {
        for token in tokens {
            match self.of_token(token) {
                Some(other) if other.name != identity.name => {
                    return Err(SharedToken { other: other.name.clone() });
                }
                Some(_) => {}
                None => self.tokens.push((token, Arc::clone(identity))),
            }
        }
        Ok(())
    }

    pub(crate) fn add_names(&mut self, identity: &Arc<Identity>, names: &[CertificateName]) {
        self.names.extend(names.iter().map(|name| (name.clone(), Arc::clone(identity))));
    }

    /// Who presents this. All that is presented must be good, and of one identity.
    pub(crate) fn resolve(&self, credentials: Credentials<'_>) -> Result<&Arc<Identity>, Refusal> {
        let bearer = credentials.bearer.map_err(|NotBearer| Refusal::NotBearer)?;
        let by_token =
            bearer.map(|token| self.of_token(Token::of(token)).ok_or(Refusal::UnknownToken)).transpose()?;
        let by_certificate = self.of_certificate(credentials.certificate)?;
        match (by_token, by_certificate, credentials.certificate) {
            (Some(token), Some(certificate), _) if token.name != certificate.name => {
                Err(Refusal::TwoIdentities {
                    token: token.name.clone(),
                    certificate: certificate.name.clone(),
                })
            }
            (Some(identity), _, _) | (None, Some(identity), _) => Ok(identity),
            (None, None, Certificate::Good(names)) => Err(Refusal::UnknownCertificate(shown(names))),
            (None, None, _) => Err(Refusal::NoCredential),
        }
    }

    /// Looks at every token, so that the time it takes says nothing about any of them.
    fn of_token(&self, token: Token) -> Option<&Arc<Identity>> {
        self.tokens
            .iter()
            .fold(None, |found, (known, identity)| if *known == token { Some(identity) } else { found })
    }

    /// The one whose names it bears. One that bears none of the names says nothing about who sends.
    fn of_certificate(&self, certificate: Certificate<'_>) -> Result<Option<&Arc<Identity>>, Refusal> {
        let names = match certificate {
            Certificate::None => return Ok(None),
            Certificate::Expired => return Err(Refusal::ExpiredCertificate),
            Certificate::Distrusted => return Err(Refusal::DistrustedCertificate),
            Certificate::Good(names) => names,
        };
        let mut known = names.iter().filter_map(|name| self.names.get(name));
        let first = known.next();
        match first.zip(known.find(|other| first.is_some_and(|first| first.name != other.name))) {
            Some((one, other)) => {
                Err(Refusal::CertificateOfTwo { one: one.name.clone(), other: other.name.clone() })
            }
            None => Ok(first),
        }
    }
}

impl Identity {
    /// The cluster of the events, where the path names none or the same.
    pub(crate) fn cluster_for(&self, path: Option<&Cluster>) -> Result<Cluster, Refusal> {
        match path {
            Some(path) if *path != self.cluster => Err(Refusal::OtherCluster {
                identity: self.name.clone(),
                own: self.cluster.clone(),
                path: path.clone(),
            }),
            _ => Ok(self.cluster.clone()),
        }
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tokens, names) = self.counts();
        write!(f, "Identities({tokens} tokens, {names} names)")
    }
}

/// A few of the names, each cut: clients choose some of them.
fn shown(names: &[CertificateName]) -> String {
    let few = names.iter().take(4).map(|name| name.to_string().chars().take(100).collect::<String>());
    let few = few.collect::<Vec<_>>().join(", ");
    if few.is_empty() { "no name".to_owned() } else { few }
}

#[cfg(test)]
mod tests;
