//! `saker up`: the three services in one process.

mod banner;
mod demo;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use bus::{Bus, BusError, ReachError};
use clap::Args;
use evaluator::{Evaluator, EvaluatorError, Ruleset, RulesetError};
use ingest::{Ingest, IngestError};
use notifier::grpc::{Grpc, GrpcError, Listen};
use notifier::{Notifier, NotifierError};
use serde_json::{Value, json};
use service::config::{self, Flag, Problems, Sources};
use service::flags::{Common, Start};
use service::{Process, ProcessError, Reload, Shutdown, SignalError, exit};
use tokio::task::{JoinError, JoinSet};

use super::rule_flags::RuleFlags;
use crate::settings::Settings;

/// Run the whole line in one process: webhook, rules and sinks
///
/// Takes audit events at /k8s_audit, holds the rules against them and prints the alerts. Without a --bus of NATS
/// everything is kept in the directory ./saker-data; what was not finished when it stopped goes on when it starts again.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker up --demo\n  saker up --rules builtin my_rules.yaml --slack https://hooks.slack.com/services/…\n  saker up --config saker.yaml --bus nats://127.0.0.1:4222 --listen 0.0.0.0:8765",
    mut_arg("bus", |arg| arg.help("Where the bus is: local:DIR or nats://HOST:PORT [default: local:./saker-data]"))
)]
pub struct Up {
    #[command(flatten)]
    common: Common,
    /// Address and port of the webhook [default: 127.0.0.1:8765]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where programs take alerts by gRPC: HOST:PORT, unix:///PATH or off [default: 127.0.0.1:5060]
    #[arg(long, value_name = "ADDRESS")]
    grpc: Option<Listen>,
    #[command(flatten)]
    rules: RuleFlags,
    /// Post each alert there, as JSON in Falco's shape
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// Post each alert to this incoming webhook of Slack
    #[arg(long, value_name = "URL")]
    slack: Option<String>,
    /// Post bundled events to the own webhook first, to see alerts
    #[arg(long)]
    demo: bool,
}

/// Why it cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// Logs, traces, signals, health and metrics.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The signal to look for changes.
    #[error(transparent)]
    Signals(#[from] SignalError),
    /// The rules do not load.
    #[error(transparent)]
    Rules(#[from] RulesetError),
    /// The bus does not open.
    #[error(transparent)]
    Open(#[from] ReachError),
    /// The bus does not close.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The webhook.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The evaluator.
    #[error(transparent)]
    Evaluator(#[from] EvaluatorError),
    /// The notifier.
    #[error(transparent)]
    Notifier(#[from] NotifierError),
    /// The gRPC services.
    #[error(transparent)]
    Grpc(#[from] GrpcError),
    /// A defect of ours.
    #[error("a service ended unexpectedly: {0}")]
    Ended(#[from] JoinError),
}

impl Up {
    /// Runs until a signal asks to stop.
    pub async fn run(self) -> ExitCode {
        match self.settings() {
            Ok(Start::Run(settings)) if self.demo && !demo::is_let_in(&settings.ingest) => {
                exit::usage(&demo::NOT_LET_IN)
            }
            Ok(Start::Run(settings)) => exit::report(up(settings, self.sources(), self.demo).await),
            Ok(Start::Done(code)) => code,
            Err(problems) => exit::usage(&problems),
        }
    }

    fn settings(&self) -> Result<Start<Settings>, Problems> {
        self.common.start(self.flags())
    }

    /// Where the settings come from.
    fn sources(&self) -> Sources {
        self.common.sources(self.flags())
    }

    fn flags(&self) -> Vec<Flag> {
        let flag =
            |name: &str, path: &str, value: Option<Value>| value.map(|value| Flag::new(name, path, value));
        let listen = self.listen.map(|listen| listen.to_string().into());
        let webhook = self.webhook.as_ref().map(|url| json!({"type": "webhook", "url": url}));
        let slack = self.slack.as_ref().map(|url| json!({"type": "slack", "webhook_url": url}));
        let own = [
            flag("--listen", "ingest.listen", listen),
            flag("--grpc", "notifier.grpc.listen", self.grpc.as_ref().map(|grpc| grpc.to_string().into())),
            flag("--webhook", "notifier.sinks.webhook", webhook),
            flag("--slack", "notifier.sinks.slack", slack),
        ];
        own.into_iter().flatten().chain(self.rules.flags()).collect()
    }
}

async fn up(mut settings: Settings, sources: Sources, demo: bool) -> Result<(), UpError> {
    let mut process = Process::begin("saker", &settings.log, &settings.traces)?;
    let reload = Reload::on_signals()?;
    let ruleset = Ruleset::at_start(&settings.evaluator)?;
    let monitors = (
        ingest::Monitor::observed_by(process.admin()),
        evaluator::Monitor::observed_by(process.admin()),
        notifier::Monitor::observed_by(process.admin()),
    );
    let credentials = process.admin().health().part("credentials");
    let process = process.listen(&settings.admin).await?;
    let shutdown = process.shutdown();
    let Some(bus) = Bus::reach(&settings.bus, "saker", &shutdown).await? else { return Ok(()) };
    process.reached(bus.reachable());
    settings.keep_redaction_key_in_store();
    let ingest = Ingest::bind(&settings.ingest, bus.clone()).await?;
    let ingest = ingest.telling(monitors.0).reloading_on(reload.another(), credentials);
    let grpc = Grpc::bind(&settings.notifier, bus.clone()).await?;
    let grpc = grpc.map(|grpc| grpc.telling(&monitors.2).reloading_on(reload.another()));
    let url = banner::url(&settings.ingest, ingest.local_addr());
    say(&banner::text(&settings, ruleset.as_ref(), (&url, grpc.as_ref())));
    if demo {
        tokio::spawn(demo::run(ingest.local_addr(), bus.clone(), shutdown.clone()));
    }
    let evaluator = Evaluator::new(bus.clone(), settings.evaluator, ruleset);
    let services = Services {
        ingest,
        grpc,
        evaluator: evaluator.reloading_on(reload.another()).telling(monitors.1),
        notifier: Notifier::new(bus.clone(), settings.notifier)
            .telling(monitors.2)
            .reloading_on(reload, move || Ok(config::load::<Settings>(sources.clone())?.notifier)),
    };
    let result = services.run(shutdown).await;
    bus.close().await?;
    result
}

/// The services, ready to run.
struct Services {
    ingest: Ingest,
    evaluator: Evaluator,
    notifier: Notifier,
    grpc: Option<Grpc>,
}

impl Services {
    /// Runs them until a stop is requested, or one of them cannot go on, which stops the others.
    async fn run(self, shutdown: Shutdown) -> Result<(), UpError> {
        let Self { ingest, evaluator, notifier, grpc } = self;
        let mut running: JoinSet<Result<(), UpError>> = JoinSet::new();
        let stop = shutdown.clone();
        running.spawn(async move { Ok(evaluator.run(stop).await?) });
        let stop = shutdown.clone();
        running.spawn(async move { Ok(Grpc::serve_while(grpc, notifier.run(stop.clone()), stop).await?) });
        let stop = shutdown.clone();
        running.spawn(async move {
            ingest.serve(stop).await;
            Ok(())
        });
        let mut result = Ok(());
        while let Some(ended) = running.join_next().await {
            shutdown.request();
            result = result.and(ended.map_err(UpError::from).flatten());
        }
        result
    }
}

/// Where stderr is gone there is nobody left to tell.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
