//! What stands in a certificate: its names, and how long it is good for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Ia5StringRef, ObjectIdentifier, PrintableStringRef, Utf8StringRef};
use x509_cert::der::{self, Decode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::name::CertificateName;

/// The attribute `commonName`, RFC 5280, appendix A.1.
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// What stands in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its names.
    pub names: Vec<CertificateName>,
    /// Whether it bears an alternative name of any kind; clients look for the name of a server there alone.
    pub has_alternative_names: bool,
    /// From then on it is no longer good.
    pub expires: SystemTime,
    /// By then it should have been renewed.
    pub renew_by: SystemTime,
}

/// A certificate should be renewed so long before its end, or before the last fifth of its life where that is shorter.
const IN_TIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Facts {
    /// Of a certificate.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, der::Error> {
        let certificate = Certificate::from_der(certificate)?.tbs_certificate;
        let attributes = certificate.subject.0.iter().flat_map(|attributes| attributes.0.iter());
        let common = attributes.filter(|attribute| attribute.oid == COMMON_NAME).filter_map(text);
        let mut names: Vec<_> = common.map(|name| CertificateName::common(&name)).collect();
        let alternative = certificate.get::<SubjectAltName>()?.map(|(_, names)| names.0).unwrap_or_default();
        names.extend(alternative.iter().filter_map(|name| match name {
            GeneralName::DnsName(name) => Some(CertificateName::dns(name.as_str())),
            GeneralName::UniformResourceIdentifier(name) => Some(CertificateName::uri(name.as_str())),
            _ => None,
        }));
        let first = certificate.validity.not_before.to_unix_duration();
        let last = certificate.validity.not_after.to_unix_duration();
        let in_time = IN_TIME.min(last.saturating_sub(first) / 5);
        Ok(Self {
            names,
            has_alternative_names: !alternative.is_empty(),
            expires: UNIX_EPOCH + last + Duration::from_secs(1),
            renew_by: UNIX_EPOCH + last.saturating_sub(in_time),
        })
    }
}

fn text(attribute: &AttributeTypeAndValue) -> Option<String> {
    let value = &attribute.value;
    let utf8 = value.decode_as::<Utf8StringRef<'_>>().map(|text| text.as_str().to_owned());
    let printable = || value.decode_as::<PrintableStringRef<'_>>().map(|text| text.as_str().to_owned());
    let ia5 = || value.decode_as::<Ia5StringRef<'_>>().map(|text| text.as_str().to_owned());
    utf8.or_else(|_| printable()).or_else(|_| ia5()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, DnValue, KeyPair, SanType, date_time_ymd};

    #[test]
    fn names_of_every_kind_are_found() {
        let mut params = CertificateParams::new(vec!["Audit.example".into(), "10.0.0.1".into()]).unwrap();
        params.subject_alt_names.push(SanType::URI("spiffe://prod/api".try_into().unwrap()));
        params.distinguished_name.push(DnType::OrganizationName, "system:masters");
        params.distinguished_name.push(DnType::CommonName, DnValue::Utf8String("Prüfung".into()));
        params.not_after = date_time_ymd(2051, 2, 3);
        let key = KeyPair::generate().unwrap();
        let facts = Facts::of(params.self_signed(&key).unwrap().der()).unwrap();
        let names: Vec<String> = facts.names.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["CN=Prüfung", "DNS:audit.example", "URI:spiffe://prod/api"]);
        assert!(facts.has_alternative_names);
        assert_eq!(facts.expires, SystemTime::from(date_time_ymd(2051, 2, 3)) + Duration::from_secs(1));
        assert_eq!(facts.renew_by, SystemTime::from(date_time_ymd(2051, 1, 27)));
        params.not_before = date_time_ymd(2051, 1, 24);
        let facts = Facts::of(params.self_signed(&key).unwrap().der()).unwrap();
        assert_eq!(facts.renew_by, SystemTime::from(date_time_ymd(2051, 2, 1)), "a fifth of ten days");
    }

    #[test]
    fn one_without_names_has_none_and_garbage_is_none() {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        let facts = Facts::of(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der()).unwrap();
        assert!(facts.names.is_empty() && !facts.has_alternative_names);
        assert!(Facts::of(&CertificateDer::from(vec![0x30, 0x03, 0, 0, 0])).is_err());
    }
}
