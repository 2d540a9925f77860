//! An authority that signs certificates for tests.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType,
    SerialNumber,
};

/// An authority; the text of its certificate is PEM.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
}

/// A certificate and its key, as PEM.
#[derive(Debug, Clone)]
pub struct Leaf {
    pub certificate: String,
    pub key: String,
    pub serial: u64,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// For a server on this machine, with this serial number.
    pub fn server(&self, serial: u64) -> Leaf {
        self.server_until(serial, SystemTime::now() + 30 * DAY)
    }

    pub fn server_until(&self, serial: u64, end: SystemTime) -> Leaf {
        let mut params =
            CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.distinguished_name = named("saker").distinguished_name;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_after = end.into();
        self.sign(params, serial)
    }

    /// For a client with this common name and an alternative name as a URI.
    pub fn client(&self, name: &str, serial: u64) -> Leaf {
        self.client_until(name, serial, SystemTime::now() + DAY)
    }

    pub fn client_until(&self, name: &str, serial: u64, end: SystemTime) -> Leaf {
        let mut params = named(name);
        params.subject_alt_names = vec![SanType::URI(format!("spiffe://test/{name}").try_into().unwrap())];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.not_after = end.into();
        self.sign(params, serial)
    }

    /// A list of those that are revoked.
    pub fn revoked(&self, serials: &[u64]) -> String {
        let now = SystemTime::now();
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: now.into(),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: (now - DAY).into(),
            next_update: (now + DAY).into(),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    fn sign(&self, mut params: CertificateParams, serial: u64) -> Leaf {
        params.serial_number = Some(SerialNumber::from(serial));
        params.not_before = (SystemTime::now() - 2 * DAY).into();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Leaf { certificate, key: key.serialize_pem(), serial }
    }
}

impl Leaf {
    /// Both in one text.
    pub fn both(&self) -> String {
        format!("{}{}", self.certificate, self.key)
    }

    /// Both in one file of this directory.
    pub fn file(&self, directory: &Path) -> PathBuf {
        let path = directory.join(format!("leaf-{}.pem", self.serial));
        std::fs::write(&path, self.both()).unwrap();
        path
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
