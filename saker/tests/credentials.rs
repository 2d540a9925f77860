//! `saker credentials` and `saker kubeconfig`: what they make, held against what TLS makes of it.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::fs;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

fn saker(directory: &Path, typed: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
    command.current_dir(directory).args(typed.split(' ')).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs it; it must succeed. What it printed.
fn made(directory: &Path, typed: &str) -> String {
    let output = saker(directory, typed);
    assert_eq!(output.status.code(), Some(0), "{typed}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Runs it; it must fail. What it said.
fn refused(directory: &Path, typed: &str) -> String {
    let output = saker(directory, typed);
    assert_eq!(output.status.code(), Some(1), "{typed}: {}", text(&output.stdout));
    text(&output.stderr)
}

fn pair(directory: &Path, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let certificate = CertificateDer::from_pem_file(directory.join(format!("{name}.crt"))).unwrap();
    (vec![certificate], PrivateKeyDer::from_pem_file(directory.join(format!("{name}.key"))).unwrap())
}

fn roots(directory: &Path) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(directory.join("ca.crt")).unwrap()).unwrap();
    Arc::new(roots)
}

/// The two shake hands: the webhook of one directory, reached by this name, and a client of another.
fn handshake(webhook: &Path, host: &str, client: &Path, name: &str) -> Result<(), String> {
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(webhook), Arc::clone(&provider)).build();
    let (chain, key) = pair(webhook, "server");
    let server =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let server = server.unwrap().with_client_cert_verifier(verifier.unwrap());
    let server = server.with_single_cert(chain, key).unwrap();
    let (chain, key) = pair(client, name);
    let client_side = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let client_side = client_side.unwrap().with_root_certificates(roots(client));
    let client_side = client_side.with_client_auth_cert(chain, key).unwrap();
    let mut client =
        ClientConnection::new(Arc::new(client_side), host.to_owned().try_into().unwrap()).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    while client.is_handshaking() || server.is_handshaking() || client.wants_write() || server.wants_write() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets().map_err(|error| format!("webhook: {error}"))?;
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets().map_err(|error| format!("client: {error}"))?;
    }
    Ok(())
}

#[test]
fn the_webhook_and_an_api_server_know_each_other_and_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    made(directory.path(), "credentials one --server saker.example --server 10.0.0.7 --cluster prod");
    made(directory.path(), "credentials one --cluster staging");
    made(directory.path(), "credentials two --server saker.example --cluster prod");
    for (host, name) in [("saker.example", "prod"), ("10.0.0.7", "prod"), ("saker.example", "staging")] {
        assert_eq!(handshake(&at("one"), host, &at("one"), name), Ok(()), "{host} {name}");
    }
    let fails = |webhook: &str, host: &str, client: &str, name: &str| {
        handshake(&at(webhook), host, &at(client), name).unwrap_err()
    };
    assert!(fails("one", "other.example", "one", "prod").contains("not valid for name"));
    assert!(fails("one", "10.0.0.8", "one", "prod").contains("not valid for name"));
    assert!(fails("one", "saker.example", "two", "prod").starts_with("client: "), "another authority's");
    // A client that trusts the webhook, and shows what another authority signed.
    fs::copy(at("one").join("ca.crt"), at("two").join("ca.crt")).unwrap();
    assert!(fails("one", "saker.example", "two", "prod").starts_with("webhook: "));
    assert!(fails("one", "saker.example", "one", "server").starts_with("webhook: "), "not for clients");
}

#[test]
fn keys_and_tokens_are_for_their_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    made(directory.path(), "credentials a/tls --server saker --cluster prod --token prod");
    let mode = |name: &str| fs::metadata(directory.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("a/tls"), 0o700);
    for secret in ["ca.key", "server.key", "prod.key", "prod.token"] {
        assert_eq!(mode(&format!("a/tls/{secret}")), 0o600, "{secret}");
    }
    made(directory.path(), "credentials a/tls --server saker --cluster prod --token prod --renew");
    for secret in ["server.key", "prod.key", "prod.token"] {
        assert_eq!(mode(&format!("a/tls/{secret}")), 0o600, "{secret}");
    }
    let mut names: Vec<_> = fs::read_dir(directory.path().join("a/tls"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["ca.crt", "ca.key", "prod.crt", "prod.key", "prod.token", "server.crt", "server.key"]);
}

#[test]
fn nothing_is_written_over_unless_it_is_renewed() {
    let directory = tempfile::tempdir().unwrap();
    let tls = directory.path().join("tls");
    let all = || {
        ["ca.key", "ca.crt", "prod.key", "prod.crt", "prod.token"]
            .map(|name| fs::read(tls.join(name)).unwrap())
    };
    made(directory.path(), "credentials tls --cluster prod --token prod");
    let before = all();
    for typed in ["--cluster staging --cluster prod", "--token prod", "--server saker --token prod"] {
        let said = refused(directory.path(), &format!("credentials tls {typed}"));
        assert!(said.contains("there already; nothing was written. --renew makes"), "{said}");
    }
    assert_eq!(all(), before);
    assert!(!tls.join("staging.crt").exists() && !tls.join("server.crt").exists(), "nothing was");
    made(directory.path(), "credentials tls --server saker --cluster prod --token prod --renew");
    let after = all();
    assert_eq!(after[..2], before[..2], "the authority stays");
    assert!(after[2..].iter().zip(&before[2..]).all(|(after, before)| after != before));
    assert_eq!(handshake(&tls, "saker", &tls, "prod"), Ok(()));
}

#[test]
fn an_authority_that_cannot_go_on_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    made(directory.path(), "credentials tls --cluster prod");
    made(directory.path(), "credentials other --cluster prod");
    let more = || refused(directory.path(), "credentials tls --cluster more");
    fs::rename(at("tls/ca.key"), at("kept")).unwrap();
    assert!(more().contains("ca.crt is there and ca.key is not: an authority needs both"));
    fs::copy(at("other/ca.key"), at("tls/ca.key")).unwrap();
    assert!(more().contains("tls/ca.key is not the key of the first certificate in tls/ca.crt"));
    fs::copy(at("other/prod.crt"), at("tls/ca.crt")).unwrap();
    fs::copy(at("other/prod.key"), at("tls/ca.key")).unwrap();
    assert!(more().contains("what ca.key signs is not good with ca.crt"), "{}", more());
    assert!(!at("tls/more.crt").exists() && !at("tls/more.key").exists());
}

#[test]
fn what_was_made_is_said_with_what_uses_it() {
    let directory = tempfile::tempdir().unwrap();
    let said =
        made(directory.path(), "credentials tls --server fd00::7 --cluster prod --token prod --token dev");
    let here = directory.path().display().to_string();
    let without_days = |line: &str| line.split(" until ").next().unwrap().to_owned();
    let said: Vec<String> = said.replace(&here, "/here").lines().map(without_days).collect();
    insta::assert_snapshot!(said.join("\n"));
}

/// The value of a key of a kubeconfig.
fn value(kubeconfig: &str, key: &str) -> Option<String> {
    let start = format!("    {key}: ");
    let line = kubeconfig.lines().find_map(|line| line.strip_prefix(&start))?;
    Some(line.trim_matches('"').to_owned())
}

#[test]
fn a_kubeconfig_brings_all_along() {
    let directory = tempfile::tempdir().unwrap();
    made(directory.path(), "credentials tls --server saker --cluster prod --token prod");
    let typed = "kubeconfig --server https://saker:8765 --cluster prod --ca tls/ca.crt --client-certificate tls/prod.crt \
                 --client-key tls/prod.key --token-file tls/prod.token";
    let output = saker(directory.path(), typed);
    let kubeconfig = text(&output.stdout);
    assert!(text(&output.stderr).contains("note: it holds a secret"), "{}", text(&output.stderr));
    assert_eq!(value(&kubeconfig, "server").unwrap(), "https://saker:8765/k8s_audit/prod");
    let file = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    for (key, name) in [
        ("certificate-authority-data", "tls/ca.crt"),
        ("client-certificate-data", "tls/prod.crt"),
        ("client-key-data", "tls/prod.key"),
    ] {
        let decoded = BASE64_STANDARD.decode(value(&kubeconfig, key).unwrap()).unwrap();
        assert_eq!(text(&decoded), file(name), "{key}");
    }
    assert_eq!(value(&kubeconfig, "token").unwrap(), file("tls/prod.token").trim_end());

    let private = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).to_owned();
    let private = private.open(directory.path().join("private")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
    let command = command.current_dir(directory.path()).args(typed.split(' '));
    let output = command.stdout(private).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(text(&output.stderr), "", "nothing to say of a file for its owner");
    assert_eq!(file("private"), kubeconfig);

    let output = saker(directory.path(), &format!("{typed} --by-path"));
    let kubeconfig = text(&output.stdout);
    assert_eq!(text(&output.stderr), "", "it holds no secret");
    let path = |name: &str| directory.path().join(name).display().to_string();
    assert_eq!(value(&kubeconfig, "tokenFile"), Some(path("tls/prod.token")));
    assert_eq!(value(&kubeconfig, "client-key"), Some(path("tls/prod.key")));
    assert_eq!(value(&kubeconfig, "certificate-authority"), Some(path("tls/ca.crt")));
    assert!(!kubeconfig.contains("-data") && !kubeconfig.contains("token: "));
}

#[test]
fn mistakes_about_a_kubeconfig_are_told_before_an_api_server_finds_them() {
    let directory = tempfile::tempdir().unwrap();
    made(directory.path(), "credentials tls --server saker --cluster a --cluster b");
    for (name, content) in [
        ("short", "secret\n"),
        ("two", &format!("{}\n{}\n", "a".repeat(40), "b".repeat(40))),
        ("bearer", &format!("Bearer {}", "a".repeat(40))),
        ("empty", ""),
        ("locked", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n"),
        ("cut", "-----BEGIN CERTIFICATE-----\nMIIB\n"),
        ("odd", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
    ] {
        fs::write(directory.path().join(name), content).unwrap();
    }
    let mut old = rcgen::CertificateParams::new(["saker".to_owned()]).unwrap();
    old.not_after = rcgen::date_time_ymd(2020, 2, 1);
    let old = old.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    fs::write(directory.path().join("old"), old.pem()).unwrap();
    let of_a = "--client-certificate tls/a.crt --client-key";
    for (url, typed, says) in [
        ("http://saker", &*format!("{of_a} tls/a.key"), "--client-certificate is of use only with TLS"),
        (
            "http://saker",
            "--ca tls/ca.crt",
            "--ca is of use only with TLS: begin the URL of --server with https://",
        ),
        ("https://saker", "--ca nothing", "nothing: cannot read it: No such file"),
        (
            "https://saker",
            "--ca tls/a.key",
            "tls/a.key: it holds PRIVATE KEY, where a certificate in PEM is wanted",
        ),
        ("https://saker", "--ca short", "short: it is no PEM, where a certificate in PEM is wanted"),
        ("https://saker", "--ca odd", "odd: a certificate in it cannot be used"),
        ("https://saker", "--ca old", "old: the certificate in it expired on 2020-02-01: renew it"),
        ("https://saker", "--ca cut", "cut: a certificate in it cannot be used"),
        (
            "https://saker",
            &format!("{of_a} tls/a.crt"),
            "it holds CERTIFICATE, where a private key in PEM is wanted",
        ),
        (
            "https://saker",
            &format!("{of_a} tls/b.key"),
            "tls/b.key is not the key of the first certificate in tls/a.crt",
        ),
        ("https://saker", &format!("{of_a} locked"), "an encrypted key has to be decrypted first"),
        ("https://saker", "--token-file short", "a token of 6 characters could be guessed"),
        ("https://saker", "--token-file two", "it has several lines"),
        ("https://saker", "--token-file bearer", "' ' in it: a token has letters"),
        ("https://saker", "--token-file empty", "a token of 0 characters"),
        ("https://saker/k8s_audit/x", "--cluster y", "names a cluster already: leave out --cluster y"),
    ] {
        let said = refused(directory.path(), &format!("kubeconfig --server {url} {typed}"));
        assert!(said.contains(says), "{typed}: {said}");
    }
    fs::write(directory.path().join("good"), "a".repeat(43)).unwrap();
    let output = saker(directory.path(), "kubeconfig --server http://saker/audit --token-file good");
    let notes = text(&output.stderr);
    assert!(notes.contains("everybody on the way can read the token"), "{notes}");
    assert!(notes.contains("Saker takes events at /k8s_audit"), "{notes}");
}
