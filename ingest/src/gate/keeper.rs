//! [`Keeper`]: looks after the files of credentials while the webhook serves. New ones are taken all together; where
//! anything is wrong with them, those before stay.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use service::admin::{Part, State};
use service::credentials::{Files, Mark, Problem};
use service::{Looks, Reload};
use tokio::sync::watch;

use super::snapshot::{Plan, Snapshot, files};
use crate::settings::Settings;

/// Looks after the files of credentials.
pub(crate) struct Keeper {
    files: Files,
    plan: Plan,
    snapshots: watch::Sender<Arc<Snapshot>>,
    /// What was looked at last, good or not.
    seen: Mark,
    /// Why the newest files are not in force, where they are not.
    rejected: Option<String>,
    period: Duration,
    wishes: Reload,
    part: Part,
}

impl Keeper {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub(crate) async fn start(settings: &Settings) -> Result<Self, Vec<Problem>> {
        let (files, plan) = (files(settings), Plan::of(settings));
        let contents = files.read().await;
        let first = plan.snapshot(&contents, 0)?;
        if !files.is_empty() {
            tell(&first);
        }
        Ok(Self {
            files,
            plan,
            snapshots: watch::Sender::new(Arc::new(first)),
            seen: contents.mark,
            rejected: None,
            period: settings.reload.get(),
            wishes: Reload::new(),
            part: Part::unobserved(),
        })
    }

    /// Looks also when `wishes` say so, and tells `part` how things are.
    pub(crate) fn heeding(&mut self, wishes: Reload, part: Part) {
        (self.wishes, self.part) = (wishes, part);
    }

    /// What is in force, now and later.
    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }

    /// Goes on until it is dropped.
    pub(crate) async fn keep(mut self) {
        let mut looks = Looks::every(self.period);
        loop {
            self.say();
            let is_wish = tokio::select! {
                () = looks.next() => false,
                () = self.wishes.requested() => true,
            };
            let is_same = self.look().await;
            if is_wish && is_same && !self.files.is_empty() {
                let state = self.rejected.as_deref().unwrap_or("they are in force");
                tracing::info!(state, "the files of credentials are as they were");
            }
        }
    }

    /// Takes new files where they are good; says whether there are none.
    async fn look(&mut self) -> bool {
        let Some(contents) = self.files.settled(self.seen).await else {
            tracing::warn!("the files of credentials keep changing; they are taken once they rest");
            self.wishes.request();
            return false;
        };
        if contents.mark == self.seen {
            return true;
        }
        self.seen = contents.mark;
        let generation = self.snapshots.borrow().generation.saturating_add(1);
        match self.plan.snapshot(&contents, generation) {
            Ok(snapshot) => {
                tell(&snapshot);
                self.snapshots.send_replace(Arc::new(snapshot));
                self.rejected = None;
            }
            Err(problems) => {
                let problems = listed(&problems);
                tracing::error!("the newest credentials are rejected, those in force stay:\n{problems}");
                self.rejected =
                    Some(format!("the newest credentials are rejected, those before stay: {problems}"));
            }
        }
        false
    }

    fn say(&self) {
        let state = match &self.rejected {
            Some(why) => State::Degraded(why.clone()),
            None => state(&self.snapshots.borrow(), SystemTime::now()),
        };
        self.part.set(state);
    }
}

/// One line for each.
pub(crate) fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|(key, text)| format!("ingest.{key}: {text}")).collect::<Vec<_>>().join("\n")
}

fn state(snapshot: &Snapshot, now: SystemTime) -> State {
    let text = described(snapshot);
    match snapshot.tls.as_ref().map(|tls| &tls.own) {
        Some(own) if own.expires <= now => State::Degraded(format!("{text}: it has expired, renew it")),
        Some(own) if own.renew_by <= now => State::Degraded(format!("{text}: renew it")),
        _ => State::Ready(text),
    }
}

fn described(snapshot: &Snapshot) -> String {
    let known = snapshot.identities.as_ref().map_or_else(
        || "everybody is let in".to_owned(),
        |known| {
            let (tokens, names) = known.counts();
            format!("known tokens: {tokens}, known names of certificates: {names}")
        },
    );
    let tls = snapshot.tls.as_ref().map_or_else(
        || "plain HTTP".to_owned(),
        |tls| format!("TLS with a certificate that is good until {}", date(tls.own.expires)),
    );
    format!("{known}; {tls}")
}

fn date(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string());
    time.unwrap_or_else(|_| "a time far off".to_owned())
}

fn tell(snapshot: &Snapshot) {
    let generation = snapshot.generation;
    tracing::info!(generation, "credentials taken: {}", described(snapshot));
    let Some(own) = snapshot.tls.as_ref().map(|tls| &tls.own) else { return };
    if own.expires <= SystemTime::now() {
        tracing::warn!("the certificate in ingest.tls.certificate has expired; clients will not take it");
    }
    if !own.has_alternative_names {
        tracing::warn!(
            "the certificate in ingest.tls.certificate has no alternative name (SAN); API servers look for the name in \
             their URL there alone and will not take it"
        );
    }
}
