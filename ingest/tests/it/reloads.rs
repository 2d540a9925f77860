//! Credentials that change while the webhook serves.

use std::time::{Duration, SystemTime};

use ingest::{Ingest, Settings};
use reqwest::{Certificate, Client, Identity};
use service::admin::{Health, State};
use service::units::Span;
use service::{Reload, Shutdown};
use tokio::time::{Instant, sleep};

use crate::authority::Authority;
use crate::harness::{DEADLINE, Harness, code, item, list, parts};
use crate::programs::{run, text};
use crate::secured::{Files, TOKEN_A, TOKEN_B};

/// A client that keeps one connection of HTTP/2.
fn client(files: &Files, leaf: Option<&crate::authority::Leaf>) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = Certificate::from_pem(files.authority.pem.as_bytes()).unwrap();
    let builder = Client::builder().tls_certs_only([authority]).timeout(DEADLINE);
    let builder = match leaf {
        Some(leaf) => builder.identity(Identity::from_pem(leaf.both().as_bytes()).unwrap()),
        None => builder,
    };
    builder.build().unwrap()
}

async fn post(client: &Client, harness: &Harness, token: Option<&str>) -> (u16, String) {
    let url = format!("https://localhost:{}/k8s_audit?timeout=30s", harness.address.port());
    let request = client.post(url).header("content-type", "application/json").body(list(&[item(1, 100)]));
    let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    let (status, _, body) = parts(answer).await;
    (status, code(&body))
}

/// Posts until the answer is this.
async fn becomes(client: &Client, harness: &Harness, token: Option<&str>, expected: (u16, &str)) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let (status, code) = post(client, harness, token).await;
        if (status, code.as_str()) == expected {
            return;
        }
        assert!(Instant::now() < deadline, "still {status} {code}, not {expected:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// The serial number that the webhook's certificate has in new handshakes.
async fn serial(harness: &Harness) -> String {
    let address = format!("localhost:{}", harness.address.port());
    let shown = run("openssl", &["s_client", "-connect", &address, "-showcerts"]).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shown.pem");
    std::fs::write(&file, shown.stdout).unwrap();
    run("openssl", &["x509", "-noout", "-serial", "-in", text(&file)]).await.stdout.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_rotate_without_a_gap_and_a_revoked_one_is_refused_on_open_connections() {
    let files = Files::new();
    let harness = Harness::start(files.settings()).await;
    let client = client(&files, None);
    assert_eq!(post(&client, &harness, Some(TOKEN_A)).await.0, 200);
    assert_eq!(post(&client, &harness, Some(TOKEN_B)).await, (401, "unknown-token".to_owned()));
    files.write("a.tokens", &format!("{TOKEN_A}\r\n{TOKEN_B}\r\n"));
    becomes(&client, &harness, Some(TOKEN_B), (200, "")).await;
    assert_eq!(post(&client, &harness, Some(TOKEN_A)).await.0, 200, "both are good for a while");
    files.write("a.tokens", TOKEN_B);
    becomes(&client, &harness, Some(TOKEN_A), (401, "unknown-token")).await;
    assert_eq!(post(&client, &harness, Some(TOKEN_B)).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_shown_in_new_handshakes_and_a_broken_one_never() {
    let files = Files::new();
    let harness = Harness::start(files.settings()).await;
    let client = client(&files, None);
    assert_eq!(serial(&harness).await, "serial=01");
    assert_eq!(post(&client, &harness, Some(TOKEN_A)).await.0, 200);
    // Broken, and along with it tokens that are good: none of both is taken.
    files.write("server.pem", &files.authority.server(2).certificate);
    files.write("a.tokens", TOKEN_B);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(serial(&harness).await, "serial=01");
    assert_eq!(post(&client, &harness, Some(TOKEN_B)).await.0, 401, "all or nothing");
    assert_eq!(post(&client, &harness, Some(TOKEN_A)).await.0, 200);
    files.write("server.pem", &files.authority.server(3).both());
    becomes(&client, &harness, Some(TOKEN_B), (200, "")).await;
    assert_eq!(serial(&harness).await, "serial=03");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_replaced_is_distrusted_on_open_connections() {
    let files = Files::new();
    let harness = Harness::start(files.settings()).await;
    let client = client(&files, Some(&files.authority.client("a", 7)));
    assert_eq!(post(&client, &harness, None).await.0, 200);
    let other = Authority::new("other");
    files.write("ca.pem", &format!("{}{}", files.authority.pem, other.pem));
    files.write("a.tokens", TOKEN_B);
    becomes(&self::client(&files, None), &harness, Some(TOKEN_B), (200, "")).await;
    assert_eq!(post(&client, &harness, None).await.0, 200, "both are trusted for a while");
    files.write("ca.pem", &other.pem);
    becomes(&client, &harness, None, (401, "distrusted-certificate")).await;
}

/// As Kubernetes mounts a Secret: the files are links through a link that is swapped.
#[tokio::test(flavor = "multi_thread")]
async fn files_behind_links_that_are_swapped_are_seen() {
    let files = Files::new();
    let mount = files.path("mount");
    let version = |name: &str, token: &str| {
        std::fs::create_dir_all(mount.join(name)).unwrap();
        std::fs::write(mount.join(name).join("token"), token).unwrap();
        std::os::unix::fs::symlink(name, mount.join("..data_tmp")).unwrap();
        std::fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
    };
    version("..1", TOKEN_A);
    std::os::unix::fs::symlink("..data/token", mount.join("token")).unwrap();
    let mut settings = files.settings();
    settings.identities.entry("a".into()).and_modify(|a| a.token_file = Some(mount.join("token")));
    let harness = Harness::start(settings).await;
    let client = client(&files, None);
    assert_eq!(post(&client, &harness, Some(TOKEN_A)).await.0, 200);
    version("..2", TOKEN_B);
    becomes(&client, &harness, Some(TOKEN_B), (200, "")).await;
}

async fn until(health: &Health, what: &str, is: impl Fn(&State) -> bool) -> State {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let state = health.parts().get("credentials").cloned();
        match state {
            Some(state) if is(&state) => return state,
            state => assert!(Instant::now() < deadline, "never {what}: {state:?}"),
        }
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_what_is_in_force_and_what_was_rejected() {
    let files = Files::new();
    let directory = tempfile::tempdir().unwrap();
    let address = format!("local:{}", directory.path().display()).parse().unwrap();
    let bus = bus::Bus::open(&address, &bus::Settings::default()).await.unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    // Looked at on request alone.
    let settings = Settings { listen, reload: Span::seconds(0), ..files.settings() };
    let (health, reload, shutdown) = (Health::default(), Reload::new(), Shutdown::new());
    let ingest = Ingest::bind(&settings, bus).await.unwrap();
    let ingest = ingest.reloading_on(reload.clone(), health.part("credentials"));
    let serving = tokio::spawn(ingest.serve(shutdown.clone()));
    let ready = until(&health, "ready", |state| matches!(state, State::Ready(_))).await;
    let State::Ready(text) = ready else { panic!("{ready:?}") };
    assert!(
        text.starts_with("known tokens: 1, known names of certificates: 2; TLS with a certificate"),
        "{text}"
    );

    files.write("a.tokens", "short\n");
    reload.request();
    let rejected = until(&health, "rejected", |state| format!("{state:?}").contains("rejected")).await;
    let State::Degraded(text) = rejected else { panic!("{rejected:?}") };
    assert!(
        text.contains("ingest.identities.a.token_file: ") && text.contains("a.tokens has in line 1"),
        "{text}"
    );
    files.write("a.tokens", &format!("{TOKEN_A}\n{TOKEN_B}\n"));
    reload.request();
    until(
        &health,
        "taken",
        |state| matches!(state, State::Ready(text) if text.starts_with("known tokens: 2,")),
    )
    .await;

    let soon = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
    files.write("server.pem", &files.authority.server_until(2, soon).both());
    reload.request();
    until(
        &health,
        "to be renewed",
        |state| matches!(state, State::Degraded(text) if text.ends_with("renew it")),
    )
    .await;
    shutdown.request();
    serving.await.unwrap();
}

#[tokio::test]
async fn files_that_cannot_be_used_stop_the_start_all_at_once() {
    let files = Files::new();
    let harness = Harness::start(Settings::default()).await;
    let mut settings = files.settings();
    settings.tls.key = Some(files.write("key.pem", &files.authority.server(9).key));
    settings.tls.client_ca = Some(files.write("ca.key", &files.authority.server(9).key));
    settings.identities.entry("a".into()).and_modify(|a| a.token_file = Some(files.path("missing")));
    settings.identities.entry("b".into()).and_modify(|b| b.token_file = Some(files.write("b.tokens", "\n")));
    let error = Ingest::bind(&settings, harness.bus.clone()).await.err().unwrap().to_string();
    let error = error.replace(text(files.directory.path()), "DIR");
    insta::assert_snapshot!(error, @"
    ingest.identities.a.token_file: cannot read DIR/missing: No such file or directory (os error 2); it must be a file that the user of this process may read
    ingest.tls.client_ca: DIR/ca.key holds no certificate; it holds a private key
    ingest.identities.b.token_file: DIR/b.tokens holds no token: write one a line, made by `openssl rand -hex 32`
    ");
    settings.tls.client_ca = Some(files.path("ca.pem"));
    settings.identities.values_mut().for_each(|identity| identity.token_file = None);
    let error = Ingest::bind(&settings, harness.bus.clone()).await.err().unwrap().to_string();
    assert!(
        error.contains("ingest.tls.key: ") && error.contains("does not belong to the certificate"),
        "{error}"
    );
}
