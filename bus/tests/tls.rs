//! TLS to a real nats-server: who is trusted, who is let in, and what is said where it fails.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: whatever fails fails the test")]

mod nats_server;

use std::path::{Path, PathBuf};
use std::time::Duration;

use bus::{Bus, BusError, Settings, Tls};
use nats_server::NatsServer;
use proto::events::v1::EventChunk;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority and what it has signed, as files in a directory.
struct Authority {
    directory: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(directory.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { directory, issuer: Issuer::new(params, key) }
    }

    fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// The files of a certificate and its key.
    fn sign(&self, name: &str) -> (PathBuf, PathBuf) {
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let files = (self.path(&format!("{name}.pem")), self.path(&format!("{name}.key")));
        std::fs::write(&files.0, params.signed_by(&key, &self.issuer).unwrap().pem()).unwrap();
        std::fs::write(&files.1, key.serialize_pem()).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A server for `localhost` that lets in whom this authority has signed.
    async fn server(&self) -> NatsServer {
        let (certificate, key) = self.sign("localhost");
        let quoted = |path: &Path| format!("{:?}", path.to_str().unwrap());
        NatsServer::start_with(&format!(
            "jetstream {{ store_dir: \"{{store}}\" }}\ntls {{ cert_file: {}, key_file: {}, ca_file: {}, verify: true }}",
            quoted(&certificate),
            quoted(&key),
            quoted(&self.ca())
        ))
        .await
    }
}

async fn open(server: &NatsServer, tls: Tls) -> Result<Bus, BusError> {
    let address = server.url().replace("127.0.0.1", "localhost").parse().unwrap();
    let settings = Settings { tls, timeout: Duration::from_secs(5), ..Settings::default() };
    Bus::open(&address, &settings).await
}

/// Why it cannot be opened, for good.
async fn refusal(server: &NatsServer, tls: Tls) -> String {
    match open(server, tls).await {
        Err(BusError::Setup(why)) => why,
        Err(other) => panic!("not for good: {other}"),
        Ok(_) => panic!("it opened"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_authority_and_certificate_we_are_let_in() {
    let authority = Authority::new("ours");
    let server = authority.server().await;
    let tls = Tls { ca: Some(authority.ca()), identity: Some(authority.sign("saker-ingest")) };
    let bus = open(&server, tls).await.unwrap();
    bus.publish(&EventChunk { cluster: "prod".into(), ..EventChunk::default() }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_together_is_told_for_good() {
    let (authority, other) = (Authority::new("ours"), Authority::new("theirs"));
    let server = authority.server().await;
    let (ca, identity) = (Some(authority.ca()), Some(authority.sign("saker-ingest")));

    let why = refusal(&server, Tls { ca: Some(other.ca()), identity: identity.clone() }).await;
    assert!(why.contains("UnknownIssuer") && why.contains("bus.tls.ca"), "{why}");
    let why = refusal(&server, Tls { ca: ca.clone(), identity: Some(other.sign("saker-ingest")) }).await;
    assert!(why.contains("bus.tls.certificate"), "{why}");
    let why = refusal(&server, Tls { ca: ca.clone(), identity: None }).await;
    assert!(why.contains("bus.tls.certificate"), "{why}");

    let missing = Tls { ca: Some("/nowhere/ca.pem".into()), identity: None };
    let why = refusal(&server, missing).await;
    assert!(why.contains("/nowhere/ca.pem cannot be used for TLS to NATS: No such file"), "{why}");
    let swapped = identity.map(|(certificate, key)| (key, certificate));
    let why = refusal(&server, Tls { ca, identity: swapped }).await;
    assert!(why.contains("saker-ingest.key holds no certificate"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_is_refused_where_tls_is_set() {
    let authority = Authority::new("ours");
    let server = NatsServer::start().await;
    let why = refusal(&server, Tls { ca: Some(authority.ca()), identity: None }).await;
    assert!(why.contains("the server speaks no TLS"), "{why}");
}
