//! The streams on the server and their settings, as data; created where they lack, compared where they exist.

use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::stream::{Config, DiscardPolicy, Info, RetentionPolicy, StorageType};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::backoff::Backoff;
use super::failure::{Failure, is_out_of_room};
use super::link::{Link, NOTHING};
use super::names;
use crate::durability::Durability;
use crate::room::{SMALLEST, Share};
use crate::{BusError, Settings, Stream};

/// A stream as we want it.
struct Plan {
    name: &'static str,
    description: &'static str,
    subjects: &'static [&'static str],
    /// How many messages a subject may hold; 1 where the subject is the id, so that each is stored once.
    per_subject: Option<i64>,
    /// What it may hold.
    share: fn() -> Share,
}

/// Every stream. What they have in common stands in [`Plan::config`].
const PLANS: [Plan; 4] = [
    Plan {
        name: "saker-events",
        description: "chunks of Kubernetes audit events",
        subjects: &["saker.events.all.*", "saker.events.to.*.*"],
        per_subject: None,
        share: || Stream::Events.share(),
    },
    Plan {
        name: "saker-alerts",
        description: "alerts",
        subjects: &["saker.alerts.all.*", "saker.alerts.to.*.*"],
        per_subject: Some(1),
        share: || Stream::Alerts.share(),
    },
    Plan {
        name: "saker-dead-letters",
        description: "what could not be used",
        subjects: &["saker.dead-letters.all.*", "saker.dead-letters.to.*.*"],
        per_subject: Some(1),
        share: || Stream::DeadLetters.share(),
    },
    Plan {
        name: names::PARTS_STREAM,
        description: "parts of messages that are too large for one",
        subjects: &["saker.parts.>"],
        per_subject: Some(1),
        share: || Share::Quarter,
    },
];

/// How long others who open the bus at the same time may take all its room: each asks for less, until all have some.
const SETTLING: Duration = Duration::from_secs(3);

/// For how long a cluster may have no node with room before less is asked for. One that is forming knows of none yet,
/// and its nodes tell each other every 10 s how much room they have: too hasty a question gets far too small a stream.
const FORMING: Duration = Duration::from_secs(12);

impl Plan {
    fn config(&self, settings: &Settings, max_bytes: u64) -> Config {
        Config {
            name: self.name.into(),
            description: Some(self.description.into()),
            subjects: self.subjects.iter().map(|subject| (*subject).to_owned()).collect(),
            retention: RetentionPolicy::Limits,
            storage: StorageType::File,
            num_replicas: settings.replicas,
            max_bytes: i64::try_from((self.share)().of(max_bytes)).unwrap_or(i64::MAX),
            max_messages: -1,
            max_messages_per_subject: self.per_subject.unwrap_or(-1),
            max_consumers: -1,
            // A full stream refuses new messages: the API server keeps them then. It never drops old ones.
            discard: DiscardPolicy::New,
            discard_new_per_subject: self.per_subject.is_some(),
            // Age alone never removes a message, only `trim` does, which knows what is settled.
            max_age: Duration::ZERO,
            duplicate_window: settings.duplicate_window,
            allow_direct: true,
            ..Config::default()
        }
    }
}

/// Creates the streams that lack and brings the others up to date.
pub(super) async fn ensure(link: &Link, settings: &Settings) -> Result<(), BusError> {
    let mut max_bytes = settings.max_bytes.max(1);
    let (began, mut backoff) = (Instant::now(), Backoff::default());
    let mut asked = began;
    loop {
        match ensure_with(link, settings, max_bytes).await {
            Err(failure) if is_of_no_node(&failure) && asked.elapsed() < FORMING => {
                sleep(backoff.next()).await
            }
            Err(failure) if failure.is_out_of_room() => {
                let is_of_no_node = is_of_no_node(&failure);
                let error = BusError::from(failure);
                (max_bytes, asked) = (max_bytes / 2, Instant::now());
                if max_bytes < SMALLEST && is_of_no_node {
                    return Err(error);
                }
                if max_bytes < SMALLEST && began.elapsed() < SETTLING {
                    max_bytes = settings.max_bytes.max(1);
                    sleep(backoff.next()).await;
                    continue;
                }
                if max_bytes < SMALLEST {
                    return Err(BusError::Setup(format!(
                        "the NATS server cannot reserve even {SMALLEST} bytes for each of {} streams: raise \
                         `max_file_store` (or the account's limits), or free its disk: {error}",
                        PLANS.len()
                    )));
                }
                warn!(max_bytes, wanted = settings.max_bytes, %error, "NATS cannot reserve that much for its streams; asking for half");
            }
            done => return Ok(done?),
        }
    }
}

/// What it is worth that the server acknowledges an event.
pub(super) async fn durability(link: &Link) -> Result<Durability, BusError> {
    let events = names::stream(Stream::Events);
    let info = link.ask::<Info>(format!("STREAM.INFO.{events}"), &NOTHING).await?;
    Ok(durability_of(&info))
}

fn durability_of(info: &Info) -> Durability {
    let cluster = info.cluster.as_ref();
    let name = cluster.and_then(|cluster| cluster.name.clone()).filter(|name| !name.is_empty());
    match (name, info.config.num_replicas) {
        (None, _) => Durability::OneServer,
        (Some(name), ..=1) => Durability::OneOfCluster(name),
        (Some(_), replicas) => {
            let leader = cluster.and_then(|cluster| cluster.leader.clone());
            let others = cluster.into_iter().flat_map(|cluster| &cluster.replicas);
            let mut nodes: Vec<String> =
                leader.into_iter().chain(others.map(|peer| peer.name.clone())).collect();
            nodes.sort_unstable();
            // Right after their number was raised the others are not there yet.
            Durability::Replicated(replicas, nodes)
        }
    }
}

/// Whether it is a cluster that says so, of its nodes.
fn is_of_no_node(failure: &Failure) -> bool {
    failure.is_out_of_room() && failure.code() == Some(ErrorCode::CLUSTER_NO_PEERS)
}

async fn ensure_with(link: &Link, settings: &Settings, max_bytes: u64) -> Result<(), Failure> {
    let mut growing = Vec::new();
    for plan in &PLANS {
        let wanted = plan.config(settings, max_bytes);
        match link.ask::<Info>(format!("STREAM.INFO.{}", plan.name), &NOTHING).await {
            // It would take the room of one that lacks.
            Ok(existing) if existing.config.max_bytes < wanted.max_bytes => growing.push((existing, wanted)),
            Ok(existing) => update(link, &existing, &wanted).await?,
            Err(failure) if failure.is_not_found() => create(link, &wanted).await?,
            Err(failure) => return Err(failure),
        }
    }
    for (existing, wanted) in &growing {
        update(link, existing, wanted).await?;
    }
    Ok(())
}

async fn create(link: &Link, wanted: &Config) -> Result<(), Failure> {
    match link.ask::<Info>(format!("STREAM.CREATE.{}", wanted.name), wanted).await {
        Ok(created) => {
            info!(stream = wanted.name, max_bytes = created.config.max_bytes, "created a stream");
            check_echo(&created.config, wanted)
        }
        // Another process was faster, and may have found room for less.
        Err(failure) if failure.code() == Some(ErrorCode::STREAM_NAME_EXIST) => {
            let existing = link.ask::<Info>(format!("STREAM.INFO.{}", wanted.name), &NOTHING).await?;
            let as_large = Config { max_bytes: existing.config.max_bytes, ..wanted.clone() };
            update(link, &existing, &as_large).await
        }
        Err(failure) => Err(explained(failure, wanted)),
    }
}

/// Changes what differs, as far as the server has room.
async fn update(link: &Link, info: &Info, wanted: &Config) -> Result<(), Failure> {
    let existing = &info.config;
    let mut merged = merged(existing, wanted);
    if holds_more(info, merged.max_bytes) {
        // A server that drops nothing today might do so tomorrow, and the stream would be full at once.
        warn!(
            stream = wanted.name,
            holds = info.state.bytes,
            wanted = merged.max_bytes,
            "the stream holds more than it is to be made smaller to; it keeps its size for now"
        );
        merged.max_bytes = existing.max_bytes;
    }
    match change(link, existing, &merged).await {
        // Growing is all that takes room. Everything else is changed without it.
        Err(failure) if failure.is_out_of_room() && existing.max_bytes != merged.max_bytes => {
            let changes = differences(existing, &merged).join(", ");
            warn!(
                stream = wanted.name,
                changes, "NATS has no room for these settings; the stream keeps its size"
            );
            merged.max_bytes = existing.max_bytes;
            change(link, existing, &merged).await
        }
        done => done,
    }
}

/// Whether a stream holds more than so many bytes already.
fn holds_more(info: &Info, max_bytes: i64) -> bool {
    u64::try_from(max_bytes).is_ok_and(|max_bytes| info.state.bytes > max_bytes)
}

async fn change(link: &Link, existing: &Config, merged: &Config) -> Result<(), Failure> {
    let changes = differences(existing, merged);
    if changes.is_empty() {
        return Ok(());
    }
    let (stream, changes) = (&merged.name, changes.join(", "));
    match link.ask::<Info>(format!("STREAM.UPDATE.{stream}"), merged).await {
        Ok(updated) => {
            info!(stream, changes, "changed a stream's settings");
            check_echo(&updated.config, merged)
        }
        // A user who may not change streams gets by with one of another size; it may be what the server had room for.
        Err(Failure::Denied(_)) if differs_in_size_alone(existing, merged) => {
            warn!(stream, changes, "only the operator may change that; the stream stays as it is");
            Ok(())
        }
        Err(Failure::Refused(error)) if !is_out_of_room(&error) => {
            Err(Failure::Bus(BusError::Setup(format!(
                "stream {stream} on the NATS server has other settings, which it refuses to change ({error}): \
                 {changes}; change or remove that stream, as with `nats stream edit` or `nats stream rm`",
            ))))
        }
        Err(failure) => Err(failure),
    }
}

fn differs_in_size_alone(existing: &Config, merged: &Config) -> bool {
    differences(&Config { max_bytes: merged.max_bytes, ..existing.clone() }, merged).is_empty()
}

/// What exists, with our settings, so that what an operator added beside them stays: placement, metadata, replicas.
fn merged(existing: &Config, wanted: &Config) -> Config {
    Config {
        subjects: wanted.subjects.clone(),
        retention: wanted.retention,
        storage: wanted.storage,
        num_replicas: existing.num_replicas.max(wanted.num_replicas),
        max_bytes: wanted.max_bytes,
        max_messages: wanted.max_messages,
        max_messages_per_subject: wanted.max_messages_per_subject,
        discard: wanted.discard,
        discard_new_per_subject: wanted.discard_new_per_subject,
        max_age: wanted.max_age,
        duplicate_window: wanted.duplicate_window,
        allow_direct: wanted.allow_direct,
        sealed: wanted.sealed,
        no_ack: wanted.no_ack,
        ..existing.clone()
    }
}

/// Where two configurations differ in what we rely on, for people.
fn differences(has: &Config, wanted: &Config) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |name: &str, has: String, wanted: String| {
        if has != wanted {
            found.push(format!("{name} is {has} and must be {wanted}"));
        }
    };
    compare("subjects", format!("{:?}", has.subjects), format!("{:?}", wanted.subjects));
    compare("retention", format!("{:?}", has.retention), format!("{:?}", wanted.retention));
    compare("storage", format!("{:?}", has.storage), format!("{:?}", wanted.storage));
    compare("num_replicas", has.num_replicas.to_string(), wanted.num_replicas.to_string());
    compare("max_bytes", has.max_bytes.to_string(), wanted.max_bytes.to_string());
    compare("max_msgs", has.max_messages.to_string(), wanted.max_messages.to_string());
    compare(
        "max_msgs_per_subject",
        has.max_messages_per_subject.to_string(),
        wanted.max_messages_per_subject.to_string(),
    );
    compare("discard", format!("{:?}", has.discard), format!("{:?}", wanted.discard));
    compare(
        "discard_new_per_subject",
        has.discard_new_per_subject.to_string(),
        wanted.discard_new_per_subject.to_string(),
    );
    compare("max_age", format!("{:?}", has.max_age), format!("{:?}", wanted.max_age));
    compare(
        "duplicate_window",
        format!("{:?}", has.duplicate_window),
        format!("{:?}", wanted.duplicate_window),
    );
    compare("allow_direct", has.allow_direct.to_string(), wanted.allow_direct.to_string());
    compare("sealed", has.sealed.to_string(), wanted.sealed.to_string());
    compare("no_ack", has.no_ack.to_string(), wanted.no_ack.to_string());
    found
}

/// A server may accept what it does not know and ignore it.
fn check_echo(got: &Config, wanted: &Config) -> Result<(), Failure> {
    // Another process that starts meanwhile may have changed the size once more.
    let ignored = differences(&Config { max_bytes: wanted.max_bytes, ..got.clone() }, wanted);
    if ignored.is_empty() {
        return Ok(());
    }
    Err(Failure::Bus(BusError::Setup(format!(
        "the NATS server did not take all settings of stream {}: {}; is it an old version?",
        wanted.name,
        ignored.join(", ")
    ))))
}

fn explained(failure: Failure, wanted: &Config) -> Failure {
    let hint = match failure.code() {
        Some(ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED) => {
            format!(
                "it is a single node and cannot keep {} replicas: ask for 1, or run a cluster",
                wanted.num_replicas
            )
        }
        Some(ErrorCode::STREAM_SUBJECT_OVERLAP) => {
            format!("another stream already takes some of {:?}: remove that one", wanted.subjects)
        }
        _ => return failure,
    };
    Failure::Bus(BusError::Setup(format!("the NATS server refuses to create stream {}: {hint}", wanted.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_stream_refuses_rather_than_loses() {
        for plan in PLANS {
            let config = plan.config(&Settings::default(), 1 << 30);
            assert_eq!(config.discard, DiscardPolicy::New, "{}", plan.name);
            assert_eq!(config.max_age, Duration::ZERO, "{}", plan.name);
            assert!(config.duplicate_window >= Duration::from_secs(35 * 60), "{}", plan.name);
        }
    }

    #[test]
    fn differences_name_the_setting() {
        let [plan, ..] = PLANS;
        let wanted = plan.config(&Settings::default(), 1 << 30);
        assert!(differences(&wanted, &wanted).is_empty());
        let other =
            Config { storage: StorageType::Memory, max_age: Duration::from_secs(1), ..wanted.clone() };
        let found = differences(&other, &wanted).join("\n");
        assert!(found.contains("storage is Memory and must be File") && found.contains("max_age"), "{found}");
    }

    #[test]
    fn what_an_operator_added_stays() {
        let [plan, ..] = PLANS;
        let wanted = plan.config(&Settings::default(), 1 << 30);
        let mut existing = Config { num_replicas: 3, max_bytes: 1, ..wanted.clone() };
        existing.metadata.insert("team".into(), "blue".into());
        let merged = merged(&existing, &wanted);
        assert_eq!((merged.num_replicas, merged.max_bytes), (3, 1 << 30));
        assert_eq!(merged.metadata, existing.metadata);
    }
}
