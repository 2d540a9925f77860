//! A real Alertmanager: alerts fire, and are resolved when their time is over.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::double::nobody;
use crate::scenario::Scenario;
use crate::support::{publish, until};

/// Killed when the test ends.
struct Alertmanager {
    child: Child,
    address: SocketAddr,
}

impl Alertmanager {
    /// `None` where there is none on this machine, which only CI minds.
    fn start(directory: &Path) -> Option<Self> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/alertmanager");
        let program =
            std::env::var_os("CARGO_TARGET_DIR").map(|target| Path::new(&target).join("tools/alertmanager"));
        let candidates = [program.unwrap_or(tools), PathBuf::from("/usr/bin/prometheus-alertmanager")];
        let Some(program) = candidates.into_iter().find(|program| program.exists()) else {
            assert!(std::env::var_os("CI").is_none(), "no Alertmanager: run scripts/setup");
            println!("skipped: no Alertmanager is here; scripts/setup brings one");
            return None;
        };
        let config = directory.join("alertmanager.yml");
        std::fs::write(&config, "route: {receiver: none}\nreceivers: [{name: none}]\n").unwrap();
        let address = nobody();
        let log = std::fs::File::create(directory.join("log")).unwrap();
        let child = Command::new(program)
            .args(["--config.file", config.to_str().unwrap(), "--cluster.listen-address="])
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--storage.path={}", directory.join("data").display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Some(Self { child, address })
    }

    /// The alerts that fire.
    async fn firing(&self) -> Vec<Value> {
        let url = format!("http://{}/api/v2/alerts?active=true", self.address);
        match reqwest::get(url).await {
            Ok(answer) => answer.json().await.unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_fire_and_are_resolved() {
    let directory = tempfile::tempdir().unwrap();
    let Some(alertmanager) = Alertmanager::start(directory.path()) else { return };
    let scenario = Scenario::of(json!({
        "type": "alertmanager", "urls": [format!("http://{}", alertmanager.address)], "labels": ["ka.user.name"],
        "resolve_after": "3s", "extra_labels": {"team": "blue"}, "generator_url": "https://saker.example/",
    }))
    .await;
    publish(&scenario.bus, 0..20).await;
    let firing = until("20 alerts fire", async || {
        let firing = alertmanager.firing().await;
        (firing.len() == 20).then_some(firing)
    })
    .await;
    let one = firing.iter().find(|alert| alert["labels"]["ka_user_name"] == "user-7").unwrap();
    assert_eq!(
        one["labels"],
        json!({
            "alertname": "R", "rule": "R", "priority": "Warning", "severity": "warning", "source": "k8s_audit",
            "cluster": "prod", "ka_user_name": "user-7", "team": "blue",
        })
    );
    assert_eq!(
        (&one["annotations"]["summary"], &one["startsAt"]),
        (&json!("R"), &json!("1970-01-01T00:00:00.000Z"))
    );
    assert_eq!(one["generatorURL"], "https://saker.example/");
    until("they are resolved", async || alertmanager.firing().await.is_empty().then_some(())).await;
    scenario.settles().await;
    assert_eq!(scenario.dead().await, Vec::<String>::new());
    scenario.running.stop().await;
}
