//! TLS and identities as real clients meet them: curl and openssl over HTTP/1.1 and HTTP/2.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use ingest::{IdentitySettings, Settings, TlsSettings};
use service::units::Span;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::authority::Authority;
use crate::harness::{Harness, code, item, list, read_all};
use crate::programs::{Answer, Ended, post, run, text};

pub const TOKEN_A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub const TOKEN_B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// Files in a directory of their own: an authority, a certificate of the webhook, a token.
pub struct Files {
    pub directory: tempfile::TempDir,
    pub authority: Authority,
}

impl Files {
    pub fn new() -> Self {
        let files = Self { directory: tempfile::tempdir().unwrap(), authority: Authority::new("authority") };
        files.write("ca.pem", &files.authority.pem);
        files.write("server.pem", &files.authority.server(1).both());
        files.write("a.tokens", &format!("{TOKEN_A}\n"));
        files
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Puts a file in the place of another at once.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let (path, aside) = (self.path(name), self.path(&format!(".{name}")));
        std::fs::write(&aside, text).unwrap();
        std::fs::rename(aside, &path).unwrap();
        path
    }

    /// `a` has a token and the name `CN=a`, `b` only `URI:spiffe://test/b`.
    pub fn settings(&self) -> Settings {
        let identity = |token_file, name: &str| IdentitySettings {
            cluster: None,
            token_file,
            certificate_names: vec![name.parse().unwrap()],
        };
        Settings {
            tls: TlsSettings {
                certificate: Some(self.path("server.pem")),
                client_ca: Some(self.path("ca.pem")),
                ..TlsSettings::default()
            },
            identities: [
                ("a".to_owned(), identity(Some(self.path("a.tokens")), "CN=a")),
                ("b".to_owned(), identity(None, "URI:spiffe://test/b")),
            ]
            .into(),
            reload: Span::milliseconds(50),
            ..Settings::default()
        }
    }

    /// Settings where certificates alone tell who it is.
    pub fn settings_without_tokens(&self) -> Settings {
        let mut settings = self.settings();
        settings.identities.values_mut().for_each(|identity| identity.token_file = None);
        settings
    }
}

pub fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

fn url(harness: &Harness, path: &str) -> String {
    format!("https://localhost:{}{path}", harness.address.port())
}

fn code_of(answer: &Answer) -> String {
    code(&serde_json::from_str(&answer.body).unwrap())
}

async fn posted(harness: &Harness, path: &str, arguments: &[&str]) -> Result<Answer, Ended> {
    post(&url(harness, path), &list(&[item(1, 200)]), arguments).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_credential_sends_the_events_of_its_cluster() {
    let files = Files::new();
    let harness = Harness::start(files.settings()).await;
    let ca = files.path("ca.pem");
    let (a, b) = (
        files.authority.client("a", 2).file(files.directory.path()),
        files.authority.client("b", 3).file(files.directory.path()),
    );
    let token = bearer(TOKEN_A);
    let mut expected = Vec::new();
    for (number, (path, credential, cluster)) in [
        ("/k8s_audit", vec!["-H", &token], "a"),
        ("/k8s_audit/a", vec!["-H", &token], "a"),
        ("/k8s_audit", vec!["--cert", text(&a)], "a"),
        ("/k8s-audit/a", vec!["--cert", text(&a), "-H", &token], "a"),
        ("/k8s_audit/b", vec!["--cert", text(&b)], "b"),
        ("/k8s_audit", vec!["--cert", text(&b), "--tls-max", "1.2"], "b"),
    ]
    .into_iter()
    .enumerate()
    {
        for (offset, (flag, version)) in [("--http2", "2"), ("--http1.1", "1.1")].into_iter().enumerate() {
            let body = list(&[item(2 * number + offset, 200)]);
            let arguments = [&["--cacert", text(&ca), flag], credential.as_slice()].concat();
            let answer = post(&url(&harness, path), &body, &arguments).await.unwrap();
            assert_eq!(
                (answer.status, answer.version.as_str()),
                (200, version),
                "{path} {credential:?} {answer:?}"
            );
            expected.push(cluster);
        }
    }
    let clusters: Vec<String> = harness.events().await.into_iter().map(|(cluster, _)| cluster).collect();
    assert_eq!(clusters, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_known_or_is_another_is_told_so() {
    let files = Files::new();
    let harness = Harness::start(files.settings()).await;
    let ca = files.path("ca.pem");
    let client = |name: &str, serial| files.authority.client(name, serial).file(files.directory.path());
    let (b, strange) = (client("b", 3), client("strange", 4));
    let (right, wrong) = (bearer(TOKEN_A), bearer(TOKEN_B));
    for (path, arguments, status, expected) in [
        ("/k8s_audit", vec![], 401, "no-credential"),
        ("/k8s_audit/-", vec![], 401, "no-credential"),
        ("/k8s_audit", vec!["-H", &wrong], 401, "unknown-token"),
        ("/k8s_audit", vec!["-u", "a:b"], 401, "not-bearer"),
        ("/k8s_audit", vec!["-H", &right, "-H", &right], 401, "not-bearer"),
        ("/k8s_audit", vec!["--cert", text(&strange)], 401, "unknown-certificate"),
        ("/k8s_audit", vec!["--cert", text(&b), "-H", &wrong], 401, "unknown-token"),
        ("/k8s_audit", vec!["--cert", text(&b), "-H", &right], 403, "two-identities"),
        ("/k8s_audit/b", vec!["-H", &right], 403, "other-cluster"),
        ("/k8s_audit/A", vec!["-H", &right, "-H", "X-Cluster: A"], 403, "other-cluster"),
        ("/k8s_audit/a%2Fb", vec!["-H", &right], 400, "bad-cluster"),
        ("/k8s_audit", vec!["-H", &right, "-H", "Content-Encoding: gzip"], 415, "encoded"),
        ("/nowhere", vec![], 404, "not-found"),
    ] {
        for flag in ["--http2", "--http1.1"] {
            let all = [&["--cacert", text(&ca), flag], arguments.as_slice()].concat();
            let answer = posted(&harness, path, &all).await.unwrap();
            assert_eq!(
                (answer.status, code_of(&answer).as_str()),
                (status, expected),
                "{path} {arguments:?}"
            );
            let asks = answer.head.contains("\nwww-authenticate: bearer\r\n")
                || answer.head.ends_with("\nwww-authenticate: bearer");
            assert_eq!(asks, status == 401, "{}", answer.head);
        }
    }
    let health = run("curl", &["-sS", "--cacert", text(&ca), &url(&harness, "/healthz")]).await;
    assert_eq!(health.stdout, "{\"status\":\"ok\"}", "{health:?}");
    assert!(harness.events().await.is_empty() && harness.dead_letters().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_not_good_end_the_handshake() {
    let files = Files::new();
    let directory = files.directory.path();
    let authority = &files.authority;
    let yesterday = SystemTime::now() - Duration::from_secs(24 * 60 * 60);
    let settings = files.settings_without_tokens();
    let tls = TlsSettings {
        client_crl: Some(files.write("crl.pem", &authority.revoked(&[5]))),
        ..settings.tls.clone()
    };
    let harness = Harness::start(Settings { tls, ..settings }).await;
    let ca = files.path("ca.pem");
    let cases = [
        ("good", Some(authority.client("a", 2).file(directory))),
        ("expired", Some(authority.client_until("a", 3, yesterday).file(directory))),
        ("of another authority", Some(Authority::new("authority").client("a", 4).file(directory))),
        ("revoked", Some(authority.client("a", 5).file(directory))),
        ("for servers", Some(authority.server(6).file(directory))),
        ("none", None),
    ];
    for (case, certificate) in cases {
        let certificate = certificate.as_ref().map(|path| ["--cert", text(path)]);
        let arguments: Vec<&str> =
            ["--cacert", text(&ca)].into_iter().chain(certificate.into_iter().flatten()).collect();
        match posted(&harness, "/k8s_audit", &arguments).await {
            Ok(answer) => assert_eq!((case, answer.status), ("good", 200)),
            Err(ended) => {
                assert_ne!(case, "good", "{ended:?}");
                assert!(ended.stderr.contains("alert"), "{case}: {ended:?}");
            }
        }
    }
    assert_eq!(harness.events().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_look_for_another_server_see_that_it_is_not_the_one() {
    let files = Files::new();
    let harness = Harness::start(files.settings()).await;
    let other = files.write("other.pem", &Authority::new("other").pem);
    let ca = files.path("ca.pem");
    let token = bearer(TOKEN_A);
    let port = harness.address.port();
    let resolve = format!("elsewhere.example:{port}:127.0.0.1");
    for (host, arguments, said) in [
        ("localhost", vec!["--cacert", text(&other)], "certificate"),
        (
            "elsewhere.example",
            vec!["--cacert", text(&ca), "--resolve", &resolve],
            "no alternative certificate subject name",
        ),
    ] {
        let arguments = [&["-H", &token], arguments.as_slice()].concat();
        let ended = post(&format!("https://{host}:{port}/k8s_audit"), "{}", &arguments).await.unwrap_err();
        assert!(ended.code == Some(60) && ended.stderr.contains(said), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_not_resumed_and_old_versions_not_spoken() {
    let files = Files::new();
    let harness = Harness::start(files.settings()).await;
    let address = format!("localhost:{}", harness.address.port());
    let ca = files.path("ca.pem");
    let connect = ["s_client", "-connect", &address, "-CAfile", text(&ca), "-verify_return_error"];
    let reconnected = run("openssl", &[&connect[..], &["-tls1_2", "-reconnect"]].concat()).await;
    let count = |word: &str| reconnected.stdout.matches(word).count();
    assert_eq!((count("New, TLSv1.2"), count("Reused, ")), (6, 0), "{}", reconnected.stdout);
    let session = files.path("session");
    let first = run("openssl", &[&connect[..], &["-tls1_3", "-sess_out", text(&session)]].concat()).await;
    assert!(first.stdout.contains("New, TLSv1.3"), "{first:?}");
    assert!(!first.stdout.contains("New Session Ticket"), "{}", first.stdout);
    let old = run("openssl", &[&connect[..], &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]].concat()).await;
    assert_ne!(old.code, Some(0), "{old:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_protocol_is_answered_at_once() {
    let files = Files::new();
    let harness = Harness::start(files.settings()).await;
    let plain = post(&format!("http://{}/k8s_audit", harness.address), &list(&[item(1, 200_000)]), &[]).await;
    let plain = plain.unwrap();
    assert_eq!((plain.status, code_of(&plain).as_str()), (400, "plain-http"), "{plain:?}");
    let answer = harness.raw(b"\x00\x01nonsense").await;
    assert!(answer.contains("plain-http"), "{answer}");

    let open = Harness::start(Settings::default()).await;
    let ended = post(&url(&open, "/k8s_audit"), "{}", &[]).await.unwrap_err();
    assert!(ended.code == Some(35), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_takes_too_long_ends_and_holds_up_nobody() {
    let files = Files::new();
    let settings = files.settings();
    let tls = TlsSettings { handshake_timeout: Span::milliseconds(500), ..settings.tls.clone() };
    let harness = Harness::start(Settings { tls, max_connections: 3, ..settings }).await;
    let ca = files.path("ca.pem");
    let token = bearer(TOKEN_A);
    let mut stalled = Vec::new();
    for bytes in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = TcpStream::connect(harness.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stalled.push(stream);
    }
    let answer = posted(&harness, "/k8s_audit", &["--cacert", text(&ca), "-H", &token]).await.unwrap();
    assert_eq!(answer.status, 200);
    for stream in &mut stalled {
        assert_eq!(read_all(stream).await, "", "closed without an answer");
    }
}

#[tokio::test]
async fn an_address_has_its_share_of_the_connections() {
    let harness = Harness::start(Settings { max_connections_per_address: 2, ..Settings::default() }).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        open.push(TcpStream::connect(harness.address).await.unwrap());
    }
    let mut third = TcpStream::connect(harness.address).await.unwrap();
    assert_eq!(read_all(&mut third).await, "", "closed at once");
    drop(open);
    let deadline = tokio::time::Instant::now() + crate::harness::DEADLINE;
    loop {
        let client = reqwest::Client::new();
        if client.get(harness.url("/healthz")).send().await.is_ok_and(|answer| answer.status().is_success()) {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_has_so_many_requests_in_hand() {
    let files = Files::new();
    let mut settings = Settings { max_requests_per_identity: 1, ..files.settings() };
    settings.tls = TlsSettings::default();
    settings.identities.values_mut().for_each(|identity| identity.certificate_names.clear());
    let tokens = files.write("b.tokens", TOKEN_B);
    settings.identities.entry("b".into()).and_modify(|identity| identity.token_file = Some(tokens));
    let harness = Harness::start(settings).await;
    let mut slow = TcpStream::connect(harness.address).await.unwrap();
    let head = format!(
        "POST /k8s_audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n{}\r\nContent-Length: 9\r\n\r\n",
        bearer(TOKEN_A)
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    // It asks for the body once the request is in hand.
    let mut asked = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut slow, &mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100");
    let post_as = async |token| {
        let request = harness.client.post(harness.url("/k8s_audit")).bearer_auth(token);
        let request = request.header("content-type", "application/json").body(list(&[item(1, 100)]));
        crate::harness::parts(request.send().await.unwrap()).await
    };
    let (status, retry_after, body) = post_as(TOKEN_A).await;
    assert_eq!((status, retry_after.as_deref()), (429, Some("10")), "{body}");
    assert_eq!(body["error"]["code"], "too-many-requests");
    assert_eq!(post_as(TOKEN_B).await.0, 200, "others are not held up");
    drop(slow);
    let deadline = tokio::time::Instant::now() + crate::harness::DEADLINE;
    while post_as(TOKEN_A).await.0 != 200 {
        assert!(tokio::time::Instant::now() < deadline);
    }
}
