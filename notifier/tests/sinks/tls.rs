//! Servers with certificates of their own authority, which want to see ours.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use axum::serve::Listener;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::authority::Authority;
use crate::double::{Double, Reply, Service};
use crate::scenario::Scenario;
use crate::support::{publish, until};

/// Takes connections of those who have a certificate of the authority.
struct Guarded {
    inner: TcpListener,
    acceptor: TlsAcceptor,
}

impl Guarded {
    async fn of(authority: &Authority) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
        let clients =
            WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider)).build();
        let leaf = authority.server(1);
        let chain = vec![CertificateDer::from_pem_slice(leaf.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(leaf.key.as_bytes()).unwrap();
        let builder =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config =
            builder.with_client_cert_verifier(clients.unwrap()).with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { inner, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}

impl Listener for Guarded {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TlsStream<TcpStream>, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.inner.accept().await else { continue };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

fn service() -> Service {
    Arc::new(|seen| Ok(Reply::took(200, "", [seen.header("idempotency-key").to_owned()])))
}

/// An authority and the files of a client, and a server behind it.
async fn guarded(directory: &Path) -> Double {
    let authority = Authority::new("ours");
    fs::write(directory.join("ca.pem"), &authority.pem).unwrap();
    fs::write(directory.join("client.pem"), authority.client("saker", 2).both()).unwrap();
    Double::behind(Guarded::of(&authority).await, Vec::new(), service())
}

fn sink(double: &Double, host: &str, tls: Value) -> Value {
    let url = format!("https://{host}:{}/", double.address().port());
    json!({"type": "webhook", "url": url, "tls": tls})
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_show_their_certificates() {
    let directory = tempfile::tempdir().unwrap();
    let double = guarded(directory.path()).await;
    let (ca, client) = (directory.path().join("ca.pem"), directory.path().join("client.pem"));
    let ways = [
        json!({"ca": ca, "certificate": client}),
        json!({"ca": ca, "certificate": client, "key": client, "server_name": "localhost"}),
        json!({"certificate": client, "verify": false}),
    ];
    for (way, tls) in ways.into_iter().enumerate() {
        let scenario = Scenario::of(sink(&double, "127.0.0.1", tls)).await;
        publish(&scenario.bus, way * 5..(way + 1) * 5).await;
        double.takes((way + 1) * 5).await;
        scenario.running.stop().await;
    }
}

/// The server is found out before anything is sent to it; once the settings are right, the alerts are there.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_known_gets_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let double = guarded(directory.path()).await;
    let (ca, client) = (directory.path().join("ca.pem"), directory.path().join("client.pem"));
    fs::write(directory.path().join("other.pem"), &Authority::new("another").pem).unwrap();
    let other = directory.path().join("other.pem");
    for (tls, reason) in [
        (json!({"ca": other, "certificate": client}), "UnknownIssuer"),
        (json!({"ca": ca, "certificate": client, "server_name": "else.example"}), "not valid for name"),
    ] {
        let mut settings = sink(&double, "127.0.0.1", tls);
        settings["retry"] = json!({"initial": "1ms", "max": "2ms", "attempts": 2});
        let scenario = Scenario::of(settings).await;
        publish(&scenario.bus, [1]).await;
        let told = scenario.dies(1).await.concat();
        assert!(told.contains(reason) && told.contains("cannot be reached"), "{told}");
        scenario.running.stop().await;
    }
    assert!(double.seen().is_empty());
    until("nothing more comes", async || double.seen().is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_tls_for_a_plain_url_are_a_mistake() {
    let directory = tempfile::tempdir().unwrap();
    let bus = crate::support::open(directory.path()).await;
    let sink = json!({"type": "webhook", "url": "http://127.0.0.1:1/", "tls": {"ca": "/ca.pem"}});
    let settings = serde_json::from_value(json!({"sinks": {"it": sink}})).unwrap();
    let error = notifier::Notifier::new(bus, settings).run(service::Shutdown::new()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "sink `it`: tls is set, but the URL is http://: make it https://, or leave tls out"
    );
}
