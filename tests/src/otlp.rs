//! A real OTLP receiver for stories about traces: rotel, which prints every span that it receives.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::nats_server::unused_port;
use crate::wait;

/// A running receiver; killed when dropped.
pub struct Receiver {
    address: SocketAddr,
    out: PathBuf,
    child: Child,
}

/// A span as the receiver printed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// `service.name` of who sent it.
    pub service: String,
    /// Its trace.
    pub trace: String,
    /// Its id.
    pub id: String,
    /// The id of its parent; empty where it has none.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// Its kind, as `SERVER`.
    pub kind: String,
    /// Its attributes; values as `Str(x)` or `Int(1)`.
    pub attributes: BTreeMap<String, String>,
}

impl Receiver {
    /// Starts it; `None`, and a line on stderr, where it is not installed and need not be.
    ///
    /// # Panics
    /// Where it is not installed although CI asks for it, or does not come up.
    pub async fn start(directory: &Path) -> Option<Self> {
        let Some(program) = program() else {
            assert!(std::env::var_os("CI").is_none(), "there is no OTLP receiver: run scripts/rotel");
            eprintln!("this story steps aside: there is no OTLP receiver; scripts/rotel installs one");
            return None;
        };
        let [grpc, http] =
            [unused_port(), unused_port()].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let out = directory.join("rotel.out");
        let file = || File::options().create(true).append(true).open(&out).expect("a file can be written");
        let child = Command::new(program)
            .args([
                "start",
                "--exporter",
                "blackhole",
                "--debug-log",
                "traces",
                "--debug-log-verbosity",
                "detailed",
            ])
            .args(["--otlp-grpc-endpoint", &grpc.to_string(), "--otlp-http-endpoint", &http.to_string()])
            .arg("--pid-file")
            .arg(directory.join("rotel.pid"))
            .stdin(Stdio::null())
            .stdout(file())
            .stderr(file())
            .spawn()
            .expect("the receiver starts");
        let receiver = Self { address: grpc, out, child };
        wait::until("the receiver listens", Duration::from_secs(30), || TcpStream::connect(grpc).is_ok())
            .await;
        Some(receiver)
    }

    /// Where to send spans to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that it has printed.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.out).unwrap_or_default()
    }

    /// The spans that it has received.
    pub fn spans(&self) -> Vec<Span> {
        spans(&self.output())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    Some(target.join("tools/rotel")).filter(|program| program.exists())
}

fn spans(output: &str) -> Vec<Span> {
    let (mut spans, mut service, mut is_resource) = (Vec::<Span>::new(), String::new(), false);
    for line in output.lines().map(str::trim) {
        if line.starts_with("ResourceSpans #") {
            is_resource = true;
        } else if line.starts_with("Span #") {
            is_resource = false;
            spans.push(Span { service: service.clone(), ..Span::default() });
        } else if let Some((name, value)) = line.strip_prefix("-> ").and_then(|line| line.split_once(": ")) {
            match spans.last_mut() {
                _ if is_resource && name == "service.name" => {
                    service = value.trim_start_matches("Str(").trim_end_matches(')').to_owned();
                }
                Some(span) if !is_resource => drop(span.attributes.insert(name.into(), value.into())),
                _ => {}
            }
        } else if let (Some((name, value)), Some(span)) = (line.split_once(':'), spans.last_mut()) {
            let field = match name.trim() {
                "Trace ID" => &mut span.trace,
                "Parent ID" => &mut span.parent,
                "ID" => &mut span.id,
                "Name" => &mut span.name,
                "Kind" => &mut span.kind,
                _ => continue,
            };
            if !is_resource {
                value.trim().trim_start_matches("SPAN_KIND_").clone_into(field);
            }
        }
    }
    spans
}

#[test]
fn spans_are_read() {
    let output = "ResourceSpans #0\nResource attributes:\n     -> service.name: Str(svc)\nScopeSpans #0\n\
                  InstrumentationScope s\nSpan #0\n    Trace ID       : 0af7\n    Parent ID      : b7ad\n    \
                  ID             : b8ad\n    Name           : send events\n    Kind           : SPAN_KIND_PRODUCER\n\
                  Start time: 1\nAttributes:\n     -> a.b: Str(x y)\n     -> n: Int(3)\n";
    let attributes = [("a.b", "Str(x y)"), ("n", "Int(3)")].map(|(name, value)| (name.into(), value.into()));
    let span = Span {
        service: "svc".into(),
        trace: "0af7".into(),
        id: "b8ad".into(),
        parent: "b7ad".into(),
        name: "send events".into(),
        kind: "PRODUCER".into(),
        attributes: attributes.into(),
    };
    assert_eq!(spans(output), [span]);
}
