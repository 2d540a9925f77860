//! The page on identities is true: its configurations start a webhook that lets in whom they name and nobody else, and its
//! table of answers has the codes that there are.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tests::nats_server::unused_port;
use tests::process::Process;
use tests::wait::until;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn page() -> String {
    fs::read_to_string(Path::new(ROOT).join("docs/identity.md")).unwrap()
}

fn configurations(page: &str) -> Vec<String> {
    let blocks = page.split("```yaml\n").skip(1).filter_map(|block| block.split_once("```"));
    blocks.map(|(block, _)| block.to_owned()).filter(|block| block.starts_with("ingest:")).collect()
}

fn sh(directory: &Path, script: &str) -> String {
    let output = Command::new("sh").args(["-e", "-c", script]).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What the configurations name as `/etc/saker/…`, and a client certificate with the names of the page.
fn make_files(directory: &Path) {
    sh(
        directory,
        "key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
         openssl req -x509 $key -subj /CN=authority -days 2 -keyout ca.key -out ca.pem
         cp ca.pem clients.pem
         sign() { openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -days 2 -extfile $1.ext -out $1.pem; }
         openssl req $key -subj /CN=saker -keyout tls.key -out tls.csr
         echo subjectAltName=IP:127.0.0.1 > tls.ext && sign tls
         openssl req $key -subj /CN=prod-apiserver -keyout prod.key -out prod.csr
         echo subjectAltName=URI:spiffe://example/prod/apiserver > prod.ext && sign prod
         openssl rand -hex 32 > prod.tokens",
    );
}

/// The status with which a body without events is answered, with these arguments of curl.
fn status(directory: &Path, address: SocketAddr, path: &str, credential: &str) -> String {
    let curl = format!(
        "curl -s -o answer -w '%{{http_code}}' --cacert ca.pem -H 'Content-Type: application/json' -d '[]' {credential} \
         'https://{address}{path}?timeout=30s' || true"
    );
    sh(directory, &curl)
}

#[tokio::test(flavor = "multi_thread")]
async fn its_configurations_let_in_whom_they_name() {
    let configurations = configurations(&page());
    let credentials = ["-H \"Authorization: Bearer $(cat prod.tokens)\"", "--cert prod.pem --key prod.key"];
    assert_eq!(configurations.len(), credentials.len());
    for (configuration, credential) in configurations.iter().zip(credentials) {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path();
        make_files(directory);
        let file = directory.join("saker.yaml");
        let own = format!("{}/", directory.display());
        fs::write(&file, configuration.replace("/etc/saker/", &own)).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], unused_port()));
        let (listen, bus) = (address.to_string(), format!("local:{own}data"));
        let arguments = ["up", "--config", file.to_str().unwrap(), "--bus", &bus, "--listen", &listen];
        let saker = Process::start("saker", "saker", directory, &arguments);
        until("the client is let in", Duration::from_secs(30), || {
            status(directory, address, "/k8s_audit/prod", credential) == "200"
        })
        .await;
        assert_eq!(status(directory, address, "/k8s_audit", credential), "200");
        assert_eq!(status(directory, address, "/k8s_audit/test", credential), "403");
        let unknown = status(directory, address, "/k8s_audit/prod", "");
        assert!(["401", "000"].contains(&unknown.as_str()), "{unknown}");
        let said = format!("{}{}", saker.log(), saker.output());
        assert!(
            said.contains(&format!("saker kubeconfig --server https://{address}/k8s_audit --ca FILE")),
            "{said}"
        );
        assert!(said.contains("turned a"), "who was turned away is logged: {said}");
    }
}

#[test]
fn its_table_has_the_codes_that_there_are() {
    let source = ["refusal.rs", "tls/greeting.rs"].map(|file| {
        fs::read_to_string(Path::new(ROOT).join("ingest/src").join(file)).unwrap().replace('\\', "")
    });
    let page = page();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | `"));
    let codes: Vec<&str> = rows.filter_map(|(_, rest)| Some(rest.split_once('`')?.0)).collect();
    assert!(codes.len() >= 12, "{codes:?}");
    for code in codes {
        assert!(source.iter().any(|text| text.contains(&format!("\"{code}\""))), "{code} is no code");
    }
}
