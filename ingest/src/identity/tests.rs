//! Who is who, by what they present.

use super::*;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn identity(name: &str, cluster: &str) -> Arc<Identity> {
    Arc::new(Identity { name: name.into(), cluster: cluster.parse().unwrap(), usage: Usage::new(1, 1) })
}

/// `a` and `b`, each with a token and two names.
fn identities() -> Identities {
    let mut identities = Identities::default();
    for (name, token) in [("a", A), ("b", B)] {
        let identity = identity(name, &format!("cluster-{name}"));
        identities.add_tokens(&identity, vec![Token::of(token)]).unwrap();
        identities.add_names(
            &identity,
            &[CertificateName::common(name), CertificateName::dns(&format!("{name}.example"))],
        );
    }
    identities
}

fn resolved(
    bearer: Result<Option<&str>, NotBearer>,
    certificate: Certificate<'_>,
) -> Result<String, Refusal> {
    identities().resolve(Credentials { bearer, certificate }).map(|identity| identity.name.clone())
}

#[test]
fn what_is_presented_says_who_it_is() {
    let names = [CertificateName::dns("A.example")];
    let strange = [CertificateName::common("a.example"), CertificateName::uri("a")];
    for (bearer, certificate, who) in [
        (Some(A), Certificate::None, "a"),
        (Some(B), Certificate::None, "b"),
        (None, Certificate::Good(&names), "a"),
        (Some(A), Certificate::Good(&names), "a"),
        (Some(B), Certificate::Good(&strange), "b"),
    ] {
        assert_eq!(resolved(Ok(bearer), certificate), Ok(who.to_owned()), "{certificate:?}");
    }
}

#[test]
fn what_is_wrong_with_it_is_told_apart() {
    let names = [CertificateName::common("a")];
    let strange = [CertificateName::common("c"), CertificateName::dns("a")];
    let both = [CertificateName::common("a"), CertificateName::dns("x"), CertificateName::dns("b.example")];
    let two = |token: &str, certificate: &str| Refusal::TwoIdentities {
        token: token.into(),
        certificate: certificate.into(),
    };
    for (bearer, certificate, refusal) in [
        (Ok(None), Certificate::None, Refusal::NoCredential),
        (Err(NotBearer), Certificate::Good(&names), Refusal::NotBearer),
        (Ok(Some("")), Certificate::None, Refusal::UnknownToken),
        (Ok(A.strip_suffix('a')), Certificate::None, Refusal::UnknownToken),
        (Ok(Some("x")), Certificate::Good(&names), Refusal::UnknownToken),
        (Ok(None), Certificate::Good(&strange), Refusal::UnknownCertificate("CN=c, DNS:a".into())),
        (Ok(None), Certificate::Good(&[]), Refusal::UnknownCertificate("no name".into())),
        (Ok(Some(A)), Certificate::Expired, Refusal::ExpiredCertificate),
        (Ok(None), Certificate::Distrusted, Refusal::DistrustedCertificate),
        (Ok(Some(B)), Certificate::Good(&names), two("b", "a")),
        (
            Ok(Some(A)),
            Certificate::Good(&both),
            Refusal::CertificateOfTwo { one: "a".into(), other: "b".into() },
        ),
    ] {
        assert_eq!(resolved(bearer, certificate), Err(refusal), "{certificate:?}");
    }
}

#[test]
fn an_identity_speaks_for_its_cluster_alone() {
    let identity = identity("a", "prod");
    let (own, other): (Cluster, Cluster) = ("prod".parse().unwrap(), "Prod".parse().unwrap());
    assert_eq!(identity.cluster_for(None), Ok(own.clone()));
    assert_eq!(identity.cluster_for(Some(&own)), Ok(own.clone()));
    let refusal = Refusal::OtherCluster { identity: "a".into(), own, path: other.clone() };
    assert_eq!(identity.cluster_for(Some(&other)), Err(refusal));
}

#[test]
fn a_token_belongs_to_one() {
    let mut identities = identities();
    let c = identity("c", "c");
    let tokens = vec![Token::of("fresh"), Token::of(B)];
    assert_eq!(identities.add_tokens(&c, tokens), Err(SharedToken { other: "b".into() }));
    let b = identity("b", "b");
    assert_eq!(
        identities.add_tokens(&b, vec![Token::of(B), Token::of(B)]),
        Ok(()),
        "twice in a file is once"
    );
}
