//! [`Presented`]: the client certificate of a connection. A connection may be older than the credentials in force, so it
//! is verified again where they changed since.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::ServerConnection;
use rustls::pki_types::{CertificateDer, UnixTime};

use super::{CertificateName, Facts, Material};

/// The client certificate of a connection, with those of intermediate authorities behind it.
#[derive(Debug)]
pub struct Presented {
    chain: Vec<CertificateDer<'static>>,
    facts: Facts,
    /// With which generation of credentials it was found good.
    good_in: AtomicU64,
}

/// How the client certificate of a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate<'c> {
    /// None was presented.
    None,
    /// It is good, and bears these names.
    Good(&'c [CertificateName]),
    /// It expired since it was presented.
    Expired,
    /// It is no longer signed by an authority that is trusted, or it was revoked.
    Distrusted,
}

/// The client certificate cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the client certificate cannot be read: {0}")]
pub struct Unreadable(String);

impl Presented {
    /// That of a connection whose handshake found it good with this generation of credentials; `None` where the client
    /// presented none.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn after_handshake(
        connection: &ServerConnection,
        generation: u64,
    ) -> Result<Option<Self>, Unreadable> {
        let Some(chain) = connection.peer_certificates() else { return Ok(None) };
        let first = chain.first().ok_or_else(|| Unreadable("there is none".to_owned()))?;
        let facts = Facts::of(first).map_err(|error| Unreadable(error.to_string()))?;
        let chain = chain.iter().cloned().map(CertificateDer::into_owned).collect();
        Ok(Some(Self { chain, facts, good_in: AtomicU64::new(generation) }))
    }

    /// How it stands with the credentials of a generation: `tls` is what connections are secured with now.
    pub fn standing(&self, tls: Option<&Material>, generation: u64, now: SystemTime) -> Certificate<'_> {
        if self.facts.expires <= now {
            return Certificate::Expired;
        }
        if self.good_in.load(Ordering::Relaxed) != generation {
            if !self.is_trusted(tls, now) {
                return Certificate::Distrusted;
            }
            self.good_in.store(generation, Ordering::Relaxed);
        }
        Certificate::Good(&self.facts.names)
    }

    fn is_trusted(&self, tls: Option<&Material>, now: SystemTime) -> bool {
        let verifier = tls.and_then(|tls| tls.clients.as_ref());
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO));
        verifier.zip(self.chain.split_first()).is_some_and(|(verifier, (certificate, between))| {
            verifier.verify_client_cert(certificate, between, now).is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::authority::Authority;
    use super::super::{Contents, Need, material};
    use super::*;
    use rustls::pki_types::pem::PemObject;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn secured(authority: &Authority, revoked: &[u64]) -> Material {
        let (server, revoked) = (authority.server(1).both(), authority.revoked(revoked));
        let contents = Contents {
            certificate: server.as_bytes(),
            key: server.as_bytes(),
            client_ca: Some(authority.pem.as_bytes()),
            client_crl: Some(revoked.as_bytes()),
        };
        material(contents, Need::Required).map_err(|wrong| format!("{wrong:?}")).unwrap()
    }

    #[test]
    fn a_certificate_is_held_against_what_is_in_force() {
        let (authority, other) = (Authority::new("authority"), Authority::new("other"));
        let now = SystemTime::now();
        let leaf = authority.client_until("prod", 7, now + HOUR);
        let chain = vec![CertificateDer::from_pem_slice(leaf.certificate.as_bytes()).unwrap()];
        let facts = Facts::of(&chain[0]).unwrap();
        let presented = Presented { chain, facts, good_in: AtomicU64::new(0) };
        let standing = |generation: u64, tls: &Material, now| presented.standing(Some(tls), generation, now);

        let names = [CertificateName::common("prod"), CertificateName::uri("spiffe://test/prod")];
        let good = Certificate::Good(&names);
        assert_eq!(standing(0, &secured(&other, &[]), now), good, "as the handshake found it");
        assert_eq!(standing(1, &secured(&other, &[]), now), Certificate::Distrusted);
        assert_eq!(standing(2, &secured(&authority, &[8]), now), good);
        assert_eq!(standing(3, &secured(&authority, &[8, 7]), now), Certificate::Distrusted);
        assert_eq!(standing(2, &secured(&authority, &[]), now + 2 * HOUR), Certificate::Expired);
        assert_eq!(presented.standing(None, 4, now), Certificate::Distrusted);
    }
}
