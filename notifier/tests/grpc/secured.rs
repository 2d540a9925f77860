//! Who is let in, what each sees, and credentials that change while the server runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proto::alerts::v1::alerts_client::AlertsClient;
use proto::alerts::v1::start::At;
use proto::alerts::v1::{GetRequest, ServerStatusRequest, SubscribeRequest};
use proto::falco::outputs;
use proto::falco::outputs::service_client::ServiceClient as Outputs;
use serde_json::json;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};

use crate::authority::Authority;
use crate::support::{Server, Subscriber, alert, from, publish, until};

const EVEN: &str = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
const ALL: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn with<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

async fn by_tokens(directory: &Path) -> Server {
    let even = write(directory, "even", EVEN);
    let all = write(directory, "all", ALL);
    let identities = json!({
        "even": {"token_file": even, "clusters": ["ev*"], "namespaces": ["ns-0", "ns-1"]},
        "all": {"token_file": all},
    });
    Server::start(directory, json!({"identities": identities, "heartbeat": "1s", "reload": "1s"})).await
}

async fn seen(client: &mut AlertsClient<Channel>, token: &str) -> Result<Vec<usize>, Status> {
    let request = SubscribeRequest { until_now: true, ..from(At::Earliest(true)) };
    let stream = client.subscribe(with(request, token)).await?.into_inner();
    Ok(Subscriber { stream }.rest().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_sees_its_clusters_and_namespaces_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let server = by_tokens(directory.path()).await;
    publish(&server.bus, 0..12).await;
    let mut client = server.client().await;
    assert_eq!(seen(&mut client, ALL).await.unwrap(), (0..12).collect::<Vec<_>>());
    assert_eq!(seen(&mut client, EVEN).await.unwrap(), [0, 4, 6, 10]);
    let hidden = client.get(with(GetRequest { id: alert(1).id }, EVEN)).await.unwrap_err();
    assert_eq!(hidden.code(), Code::NotFound, "as one that is not there");
    let status = client.server_status(with(ServerStatusRequest {}, EVEN)).await.unwrap().into_inner();
    assert_eq!(status.identity, "even");

    let mut falco = Outputs::new(server.channel().await);
    for expected in [4, 0] {
        let alerts = falco.get(with(outputs::Request {}, EVEN)).await.unwrap().into_inner();
        let count = futures::StreamExt::count(alerts).await;
        assert_eq!(count, expected, "what it was given does not come again");
    }
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_known_is_told_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let server = by_tokens(directory.path()).await;
    let mut client = server.client().await;
    let unknown = seen(&mut client, "ffffffffffffffffffffffffffffffff").await.unwrap_err();
    let mut twice = with(ServerStatusRequest {}, ALL);
    twice.metadata_mut().append("authorization", "Bearer x".parse().unwrap());
    let mut falco = Outputs::new(server.channel().await);
    for (status, says) in [
        (unknown, "the token is not known"),
        (client.server_status(ServerStatusRequest {}).await.unwrap_err(), "present a bearer token"),
        (client.server_status(twice).await.unwrap_err(), "is no bearer token"),
        (falco.get(outputs::Request {}).await.unwrap_err(), "present a bearer token"),
    ] {
        assert_eq!(status.code(), Code::Unauthenticated);
        assert!(status.message().contains(says), "{status}");
    }
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_taken_out_ends_the_streams_that_it_opened() {
    let directory = tempfile::tempdir().unwrap();
    let server = by_tokens(directory.path()).await;
    let mut client = server.client().await;
    let stream = client.subscribe(with(SubscribeRequest::default(), ALL)).await.unwrap().into_inner();
    let mut subscriber = Subscriber { stream };
    assert!(subscriber.next().await.unwrap().is_some());
    let fresh = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    write(directory.path(), "all", fresh);
    let status = loop {
        match subscriber.next().await {
            Ok(_) => {}
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::Unauthenticated, "{status}");
    until("the new one is taken", async || seen(&mut server.client().await, fresh).await.ok()).await;
    server.stopped().await;
}

struct Pki {
    authority: Authority,
    other: Authority,
    directory: tempfile::TempDir,
}

impl Pki {
    fn new() -> Self {
        let pki = Self {
            authority: Authority::new("authority"),
            other: Authority::new("other"),
            directory: tempfile::tempdir().unwrap(),
        };
        write(pki.directory.path(), "tls.pem", &pki.authority.server(1).both());
        write(pki.directory.path(), "clients.pem", &pki.authority.pem);
        pki
    }

    async fn server(&self) -> Server {
        let path = |name: &str| self.directory.path().join(name);
        let settings = json!({
            "tls": {"certificate": path("tls.pem"), "client_ca": path("clients.pem")},
            "identities": {"prod": {"certificate_names": ["CN=prod"]}},
            "reload": "1s",
        });
        Server::start(self.directory.path(), settings).await
    }

    /// A call with this client certificate, to a server whose certificate is of this authority.
    async fn call(&self, server: &Server, client: Option<&str>, ca: &Authority) -> Result<String, String> {
        let tls =
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&ca.pem)).domain_name("localhost");
        let tls = match client {
            Some(both) => tls.identity(Identity::from_pem(both, both)),
            None => tls,
        };
        let endpoint = Endpoint::from_shared(format!("https://{}", server.listen)).unwrap();
        let channel =
            endpoint.tls_config(tls).unwrap().connect().await.map_err(|error| format!("{error:?}"))?;
        let status = AlertsClient::new(channel).server_status(ServerStatusRequest {}).await;
        status.map(|status| status.into_inner().identity).map_err(|status| format!("{status:?}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn client_certificates_say_who_asks() {
    let pki = Pki::new();
    let server = pki.server().await;
    let prod = pki.authority.client("prod", 2).both();
    assert_eq!(pki.call(&server, Some(&prod), &pki.authority).await, Ok("prod".to_owned()));
    let strange = pki.authority.client("strange", 3).both();
    let refused = pki.call(&server, Some(&strange), &pki.authority).await.unwrap_err();
    assert!(refused.contains("certificate_names"), "{refused}");
    let forged = pki.other.client("prod", 4).both();
    pki.call(&server, Some(&forged), &pki.authority).await.unwrap_err();
    pki.call(&server, None, &pki.authority).await.unwrap_err();
    let not_ours = pki.call(&server, Some(&prod), &pki.other).await.unwrap_err();
    assert!(not_ours.contains("UnknownIssuer"), "{not_ours}");
    let plain = Channel::from_shared(format!("http://{}", server.listen)).unwrap();
    let plain = match plain.connect().await {
        Ok(channel) => {
            AlertsClient::new(channel).server_status(ServerStatusRequest {}).await.map(drop).is_err()
        }
        Err(_) => true,
    };
    assert!(plain, "nothing is answered in clear");
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_taken_anew_while_it_runs() {
    let pki = Pki::new();
    let server = pki.server().await;
    let prod = pki.authority.client("prod", 2).both();
    pki.call(&server, Some(&prod), &pki.authority).await.unwrap();
    write(pki.directory.path(), "tls.pem", "nonsense");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    pki.call(&server, Some(&prod), &pki.authority).await.unwrap();
    write(pki.directory.path(), "tls.pem", &pki.other.server(5).both());
    until("the new certificate is shown", async || pki.call(&server, Some(&prod), &pki.other).await.ok())
        .await;
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unix_socket_serves_its_owner() {
    let directory = tempfile::tempdir().unwrap();
    let listen = format!("unix://{}", directory.path().join("alerts.sock").display());
    let server = Server::start(directory.path(), json!({"listen": listen})).await;
    publish(&server.bus, 0..3).await;
    let channel = Endpoint::from_shared(listen).unwrap().connect().await.unwrap();
    let request = SubscribeRequest { until_now: true, ..from(At::Earliest(true)) };
    let stream = AlertsClient::new(channel).subscribe(request).await.unwrap().into_inner();
    assert_eq!(Subscriber { stream }.rest().await, [0, 1, 2]);
    server.stopped().await;
    assert!(!directory.path().join("alerts.sock").exists());
}
