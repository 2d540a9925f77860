//! docs/install.md, followed to the letter: from nothing to alerts at a double of Slack, over TLS with certificates on
//! both sides. Only names of hosts and places of files are others.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use tests::nats_server::unused_port;
use tests::process::{GRPC, Process, binary};
use tests::wait::until;

/// A Slack that writes down what it is told.
#[derive(Clone, Default)]
struct Slack(Arc<Mutex<Vec<String>>>);

impl Slack {
    async fn start(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let take = |State(Slack(told)): State<Slack>, body: String| async move {
            told.lock().unwrap().push(body);
            "ok"
        };
        let router = Router::new().route("/services/x", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn told(&self, text: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|told| told.contains(text)).count()
    }
}

/// The page as it is typed here.
struct Page {
    text: String,
    directory: PathBuf,
    listen: SocketAddr,
}

impl Page {
    fn new(directory: &Path, listen: SocketAddr, slack: SocketAddr) -> Self {
        let text =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/install.md")).unwrap();
        let text = [
            ("/etc/saker", directory.join("etc").display().to_string()),
            ("/var/lib/saker", directory.join("data").display().to_string()),
            ("--server saker.example", "--server 127.0.0.1".to_owned()),
            ("saker.example:8765", listen.to_string()),
            ("0.0.0.0:8765", listen.to_string()),
            ("https://hooks.slack.com/services/…", format!("http://{slack}/services/x")),
        ]
        .into_iter()
        .fold(text, |text, (theirs, ours)| {
            assert!(text.contains(theirs), "the page names no {theirs}");
            text.replace(theirs, &ours)
        });
        Self { text, directory: directory.to_owned(), listen }
    }

    /// The first block of code behind a heading.
    fn block(&self, heading: &str, language: &str) -> &str {
        let (_, section) = self.text.split_once(&format!("\n## {heading}\n")).expect("the heading");
        let (_, block) = section.split_once(&format!("```{language}\n")).expect("a block");
        block.split_once("```").expect("its end").0
    }

    /// Types a block.
    fn typed(&self, heading: &str, language: &str) {
        let output = self.sh(self.block(heading, language));
        assert!(output.status.success(), "{heading}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn sh(&self, script: &str) -> Output {
        let path = std::env::var("PATH").unwrap();
        let programs = binary("saker").parent().unwrap().display().to_string();
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", script]).current_dir(&self.directory).env(GRPC.0, GRPC.1);
        shell.env("PATH", format!("{programs}:{path}")).output().unwrap()
    }

    /// Posts a recorded body as an API server with the kubeconfig of the page does.
    fn post(&self, body: &str) -> Output {
        let body = Path::new(env!("CARGO_MANIFEST_DIR")).join("bodies").join(body);
        self.sh(&format!(
            "value() {{ sed -n \"s/^    $1: \\\"\\(.*\\)\\\"\\$/\\1/p\" webhook.yaml; }}
             value certificate-authority-data | base64 -d > ca
             value client-certificate-data | base64 -d > crt
             value client-key-data | base64 -d > key
             curl --silent --show-error --fail --cacert ca --cert crt --key key -A Go-http-client/2.0 \\
               -H 'Content-Type: application/json' --data-binary @{} \"$(value server)?timeout=30s\"",
            body.display()
        ))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_leads_from_nothing_to_alerts() {
    let directory = tempfile::tempdir().unwrap();
    let slack = Slack::default();
    let listen = SocketAddr::from(([127, 0, 0, 1], unused_port()));
    let page = Page::new(directory.path(), listen, slack.start().await);

    page.typed("1. Certificates", "sh");
    page.typed("2. Settings", "sh");
    let settings = page.block("2. Settings", "yaml");
    let file = settings.lines().next().and_then(|line| line.strip_prefix("# ")).expect("the file's name");
    fs::write(file, settings).unwrap();
    let up: Vec<&str> = page.block("3. Start", "sh").split_whitespace().skip(1).collect();
    let saker = Process::start("saker", "saker", directory.path(), &up);
    until("it says where it listens", Duration::from_secs(30), || {
        saker.log().contains(&format!("takes audit events at https://{}/k8s_audit", page.listen))
    })
    .await;

    page.typed("4. A first alert, without the cluster", "sh");
    let first = || slack.told("Shell or command in a pod") == 1 && slack.told("somebody") == 1;
    until("the first alert is told", Duration::from_secs(30), first).await;

    page.typed("5. The files for the API servers", "sh");
    let answer = page.post("03.json");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    until("the 22 alerts of a cluster are told", Duration::from_secs(30), || slack.told("") > 22).await;

    let stranger =
        page.sh(&format!("curl -sk -H 'Content-Type: application/json' -d '[]' https://{listen}/k8s_audit"));
    assert!(!stranger.status.success() && stranger.stdout.is_empty(), "no certificate, no answer");

    page.typed("Renewing", "console");
    page.typed("5. The files for the API servers", "sh");
    let answer = page.post("03.json");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
}

#[test]
fn kubeadm_and_k3s_are_told_the_same() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/install.md")).unwrap();
    let flags = |page: &str, heading: &str, dashes: &str| -> Vec<String> {
        let section = page.split_once(&format!("\n## {heading}\n")).unwrap().1;
        let block = section.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0;
        let flags = block.lines().filter_map(|line| line.trim().strip_prefix("- ")?.strip_prefix(dashes));
        flags.filter(|flag| flag.starts_with("audit-")).map(str::to_owned).collect()
    };
    let kubeadm = flags(&page, "6. kubeadm", "--");
    let k3s: Vec<String> = flags(&page, "6. k3s", "")
        .iter()
        .map(|flag| flag.replace("/etc/rancher/k3s/saker/", "/etc/kubernetes/saker/"))
        .collect();
    assert_eq!(kubeadm.len(), 3, "{kubeadm:?}");
    assert_eq!(kubeadm, k3s);
    let mounted = "- name: saker\n      mountPath: /etc/kubernetes/saker\n";
    assert!(
        page.contains(mounted)
            && page.contains("  - name: saker\n    hostPath:\n      path: /etc/kubernetes/saker\n")
    );
}
