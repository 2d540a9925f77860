//! A certificate authority for one installation: it signs what the webhook shows to API servers, and what API servers
//! show to the webhook. Keys are ECDSA on P-256.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use service::Secret;

use crate::pem::{Certificates, Key};

/// What its own certificate is called.
const NAME: &str = "Saker certificate authority";

/// Something that signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, both PEM.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: Secret,
}

/// From when to when a certificate is valid, in whole days of UTC. It begins a day early, for clocks that are behind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Validity {
    from: Date,
    /// The first day on which it is no longer valid.
    pub until: Date,
}

/// A certificate cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorityError {
    /// A name that no certificate can hold.
    #[error("`{0}` is neither a name of a host nor an address")]
    Host(String),
    /// Somebody else's authority, or one that has ended.
    #[error(
        "what ca.key signs is not good with ca.crt: {0}; `saker credentials` goes on with authorities that it made: use \
         another directory, or the tool that made this one"
    )]
    Foreign(String),
    /// Signing failed.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// The clock is beyond all calendars.
    #[error("the machine's clock shows a time for which no certificate can be made: {0}")]
    Clock(#[from] jiff::Error),
}

impl Authority {
    /// A new one, with what is to be kept of it.
    pub(crate) fn new(validity: Validity) -> Result<(Self, Pair), AuthorityError> {
        let params = own_params(validity);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?.pem();
        let kept = Pair { certificate, key: key.serialize_pem().into() };
        Ok((Self { issuer: Issuer::new(params, key) }, kept))
    }

    /// One that was kept, tried out on a certificate that nobody gets: a wrong one would be found out by a refused
    /// handshake only.
    pub(crate) fn read(certificate: &Certificates, key: &Key) -> Result<Self, AuthorityError> {
        let key =
            KeyPair::from_pem(key.text()).map_err(|error| AuthorityError::Foreign(error.to_string()))?;
        // Of what it says about itself only the name goes into what it signs.
        let today = Validity::days(Timestamp::now(), 1)?;
        let authority = Self { issuer: Issuer::new(own_params(today), key) };
        let trial = authority.client_certificate("trial", today)?.0;
        let verified = verifier(certificate.first())
            .and_then(|verifier| verifier.verify_client_cert(trial.der(), &[], UnixTime::now()));
        verified.map_err(|error| AuthorityError::Foreign(error.to_string()))?;
        Ok(authority)
    }

    /// What the webhook shows where it is reached by these names and addresses.
    pub(crate) fn server(&self, hosts: &[String], validity: Validity) -> Result<Pair, AuthorityError> {
        let names = CertificateParams::new(hosts)
            .map_err(|_| AuthorityError::Host(hosts.join(", ")))?
            .subject_alt_names;
        let mut params = params(hosts.first().map_or("saker", String::as_str), validity);
        params.subject_alt_names = names;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Ok(self.signed(params)?.into())
    }

    /// What a client shows that is to be known by this name.
    pub(crate) fn client(&self, name: &str, validity: Validity) -> Result<Pair, AuthorityError> {
        Ok(self.client_certificate(name, validity)?.into())
    }

    fn client_certificate(&self, name: &str, validity: Validity) -> Result<Signed, AuthorityError> {
        let mut params = params(name, validity);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.signed(params)
    }

    fn signed(&self, mut params: CertificateParams) -> Result<Signed, AuthorityError> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        Ok(Signed(params.signed_by(&key, &self.issuer)?, key))
    }
}

/// A certificate and its key before they are text.
struct Signed(Certificate, KeyPair);

impl From<Signed> for Pair {
    fn from(Signed(certificate, key): Signed) -> Self {
        Self { certificate: certificate.pem(), key: key.serialize_pem().into() }
    }
}

impl Validity {
    /// So many days from a moment on.
    pub(crate) fn days(now: Timestamp, days: u16) -> Result<Self, AuthorityError> {
        let today = jiff::tz::Offset::UTC.to_datetime(now).date();
        let from = today.checked_sub(1.day())?;
        Ok(Self { from, until: today.checked_add(i64::from(days).days())? })
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.issuer.fmt(f)
    }
}

fn own_params(validity: Validity) -> CertificateParams {
    let mut params = params(NAME, validity);
    // It signs no further authorities.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Tells whether a certificate is good with this authority's.
fn verifier(authority: &CertificateDer<'_>) -> Result<Arc<dyn ClientCertVerifier>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone().into_owned())?;
    let provider = Arc::new(ring::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    builder.build().map_err(|error| rustls::Error::General(error.to_string()))
}

fn params(name: &str, validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    // A civil date's parts are positive.
    let part = |part: i8| u8::try_from(part).unwrap_or(1);
    let midnight = |date: Date| date_time_ymd(date.year().into(), part(date.month()), part(date.day()));
    params.not_before = midnight(validity.from);
    params.not_after = midnight(validity.until);
    params
}
