//! `saker up`: the three services in one process.

mod banner;
mod demo;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use bus::{Bus, BusError};
use clap::Args;
use evaluator::{Evaluator, EvaluatorError, Monitor, Ruleset, RulesetError};
use ingest::{Ingest, IngestError};
use notifier::NotifierError;
use serde_json::{Value, json};
use service::admin::{Admin, AdminError, State};
use service::config::{Flag, Problems};
use service::flags::{Common, Start};
use service::{Reload, Shutdown, SignalError, exit, telemetry};
use tokio::task::{JoinError, JoinSet};

use super::rule_flags::RuleFlags;
use crate::settings::{OpenError, Settings};

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
    /// Signals.
    #[error(transparent)]
    Signals(#[from] SignalError),
    /// Logs.
    #[error(transparent)]
    Telemetry(#[from] telemetry::TelemetryError),
    /// Health and metrics.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The rules do not load.
    #[error(transparent)]
    Rules(#[from] RulesetError),
    /// The bus does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
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
            Ok(Start::Run(settings)) => exit::report(up(settings, self.demo).await),
            Ok(Start::Printed) => ExitCode::SUCCESS,
            Err(problems) => exit::usage(&problems),
        }
    }

    fn settings(&self) -> Result<Start<Settings>, Problems> {
        let flag =
            |name: &str, path: &str, value: Option<Value>| value.map(|value| Flag::new(name, path, value));
        let listen = self.listen.map(|listen| listen.to_string().into());
        let webhook = self.webhook.as_ref().map(|url| json!({"type": "webhook", "url": url}));
        let slack = self.slack.as_ref().map(|url| json!({"type": "slack", "webhook_url": url}));
        let own = [
            flag("--listen", "ingest.listen", listen),
            flag("--webhook", "notifier.sinks.webhook", webhook),
            flag("--slack", "notifier.sinks.slack", slack),
        ];
        self.common.start(own.into_iter().flatten().chain(self.rules.flags()))
    }
}

async fn up(settings: Settings, demo: bool) -> Result<(), UpError> {
    telemetry::init(&settings.log)?;
    let (shutdown, reload) = (Shutdown::on_signals()?, Reload::on_signals()?);
    let ruleset = Ruleset::at_start(&settings.evaluator)?;
    let mut admin = Admin::new();
    let (monitor, reaching) = (Monitor::observed_by(&mut admin), admin.health().part("bus"));
    let credentials = admin.health().part("credentials");
    let bound = Admin::bind(&settings.admin).await?;
    let _serving = admin.serve(bound, shutdown.clone());
    let Some(bus) = settings.open_bus(&shutdown).await? else { return Ok(()) };
    reaching.set(State::Ready("reached".to_owned()));
    let ingest = Ingest::bind(&settings.ingest, bus.clone()).await?;
    let ingest = ingest.reloading_on(reload.another(), credentials);
    let url = banner::url(&settings.ingest, ingest.local_addr());
    say(&banner::text(&settings, ruleset.as_ref(), &url));
    if demo {
        tokio::spawn(demo::run(ingest.local_addr(), bus.clone(), shutdown.clone()));
    }
    let evaluator = Evaluator::new(bus.clone(), settings.evaluator, ruleset);
    let services = Services {
        ingest,
        evaluator: evaluator.reloading_on(reload).telling(monitor),
        notifier: settings.notifier,
    };
    let result = services.run(&bus, shutdown).await;
    bus.close().await?;
    result
}

/// The services, ready to run.
struct Services {
    ingest: Ingest,
    evaluator: Evaluator,
    notifier: notifier::Settings,
}

impl Services {
    /// Runs them until a stop is requested, or one of them cannot go on, which stops the others.
    async fn run(self, bus: &Bus, shutdown: Shutdown) -> Result<(), UpError> {
        let Self { ingest, evaluator, notifier } = self;
        let mut running: JoinSet<Result<(), UpError>> = JoinSet::new();
        let stop = shutdown.clone();
        running.spawn(async move { Ok(evaluator.run(stop).await?) });
        let (stop, stream) = (shutdown.clone(), bus.clone());
        running.spawn(async move { Ok(notifier::run(stream, notifier, stop).await?) });
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
