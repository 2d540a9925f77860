//! Durable consumers on the server: created by whichever worker comes first, shared by all.

use std::time::Duration;

use async_nats::datetime::now;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::consumer::{AckPolicy, Config, DeliverPolicy, Info};
use serde::Serialize;
use tokio::time::sleep;
use tracing::info;

use super::failure::Failure;
use super::link::{Link, NOTHING};
use super::names;
use crate::{BusError, ConsumerSpec, Stream};

/// A worker that waits makes one short request after the other. How often to look, not to hit the gap between two.
const LOOKS: u32 = 3;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A question to `CONSUMER.CREATE`.
#[derive(Serialize)]
struct Create<'a> {
    stream_name: &'a str,
    config: &'a Config,
    action: &'a str,
}

/// Makes sure that the consumer exists, on these terms.
pub(super) async fn ensure(link: &Link, stream: Stream, spec: &ConsumerSpec) -> Result<(), Failure> {
    let wanted = config(stream, spec)?;
    let stream = names::stream(stream);
    match create(link, stream, &wanted, "create").await {
        Ok(created) => check_echo(&created.config, &wanted),
        Err(failure) if failure.code() == Some(ErrorCode::CONSUMER_ALREADY_EXISTS) => {
            let existing: Info = link.ask(format!("CONSUMER.INFO.{stream}.{}", spec.name), &NOTHING).await?;
            update(link, stream, &existing.config, &wanted).await
        }
        Err(failure) => Err(failure),
    }
}

fn config(stream: Stream, spec: &ConsumerSpec) -> Result<Config, BusError> {
    Ok(Config {
        durable_name: Some(names::consumer_name(&spec.name)?.to_owned()),
        name: Some(spec.name.clone()),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        ack_wait: spec.ack_wait,
        max_ack_pending: i64::try_from(spec.max_unsettled.max(1)).unwrap_or(i64::MAX),
        // A message is given up by rejecting it, never by counting.
        max_deliver: -1,
        filter_subjects: names::filters(stream, &spec.name)?,
        ..Config::default()
    })
}

async fn create(link: &Link, stream: &str, config: &Config, action: &str) -> Result<Info, Failure> {
    let name = config.durable_name.as_deref().unwrap_or_default();
    let subject = format!("CONSUMER.CREATE.{stream}.{name}");
    link.ask(subject, &Create { stream_name: stream, config, action }).await
}

/// Terms may change between releases; what is settled stays settled.
async fn update(link: &Link, stream: &str, existing: &Config, wanted: &Config) -> Result<(), Failure> {
    let changes = differences(existing, wanted);
    if changes.is_empty() {
        return Ok(());
    }
    let merged = Config {
        ack_wait: wanted.ack_wait,
        max_ack_pending: wanted.max_ack_pending,
        max_deliver: wanted.max_deliver,
        filter_subjects: wanted.filter_subjects.clone(),
        ack_policy: wanted.ack_policy,
        deliver_policy: wanted.deliver_policy,
        ..existing.clone()
    };
    match create(link, stream, &merged, "update").await {
        Ok(updated) => {
            info!(
                stream,
                consumer = wanted.name,
                changes = changes.join(", "),
                "changed a consumer's settings"
            );
            check_echo(&updated.config, wanted)
        }
        Err(Failure::Refused(error)) if error.code() < 503 => Err(Failure::Bus(BusError::Setup(format!(
            "consumer {} of stream {stream} has other settings, which the NATS server refuses to change ({error}): {}; \
             remove it, as with `nats consumer rm`, if its progress may be lost",
            wanted.name.as_deref().unwrap_or_default(),
            changes.join(", ")
        )))),
        Err(failure) => Err(failure),
    }
}

fn differences(has: &Config, wanted: &Config) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |name: &str, has: String, wanted: String| {
        if has != wanted {
            found.push(format!("{name} is {has} and must be {wanted}"));
        }
    };
    compare("ack_policy", format!("{:?}", has.ack_policy), format!("{:?}", wanted.ack_policy));
    compare("deliver_policy", format!("{:?}", has.deliver_policy), format!("{:?}", wanted.deliver_policy));
    compare("ack_wait", format!("{:?}", has.ack_wait), format!("{:?}", wanted.ack_wait));
    compare("max_ack_pending", has.max_ack_pending.to_string(), wanted.max_ack_pending.to_string());
    compare("max_deliver", has.max_deliver.to_string(), wanted.max_deliver.to_string());
    compare("filter_subjects", format!("{:?}", has.filter_subjects), format!("{:?}", wanted.filter_subjects));
    found
}

/// A server may accept what it does not know and ignore it.
fn check_echo(got: &Config, wanted: &Config) -> Result<(), Failure> {
    let ignored = differences(got, wanted);
    if ignored.is_empty() {
        return Ok(());
    }
    let name = wanted.name.as_deref().unwrap_or_default();
    let ignored = ignored.join(", ");
    Err(BusError::Setup(format!("the NATS server did not take all settings of consumer {name}: {ignored}"))
        .into())
}

/// All consumers of a stream that outlive their workers.
pub(super) async fn durables(link: &Link, stream: Stream) -> Result<Vec<Info>, Failure> {
    let mut durables = Vec::new();
    let mut offset = 0;
    loop {
        let page: Page =
            link.ask(format!("CONSUMER.LIST.{}", names::stream(stream)), &Offset { offset }).await?;
        let consumers = page.consumers.unwrap_or_default();
        offset += consumers.len();
        let last = consumers.is_empty() || offset >= page.total;
        durables.extend(consumers.into_iter().filter(|consumer| consumer.config.durable_name.is_some()));
        if last {
            return Ok(durables);
        }
    }
}

/// Removes a durable consumer that nobody works for; says whether it was there.
pub(super) async fn forget(link: &Link, stream: Stream, name: &str) -> Result<bool, BusError> {
    let name = names::consumer_name(name)?;
    let place = format!("{}.{name}", names::stream(stream));
    for _ in 0..LOOKS {
        let found: Result<Info, Failure> = link.ask(format!("CONSUMER.INFO.{place}"), &NOTHING).await;
        match found {
            Err(failure) if failure.is_not_found() => return Ok(false),
            Err(failure) => return Err(failure.into()),
            Ok(info) if is_in_use(&info) => return Err(crate::error::in_use(name)),
            Ok(_) => sleep(BETWEEN_LOOKS).await,
        }
    }
    let removed: Result<Removed, Failure> = link.ask(format!("CONSUMER.DELETE.{place}"), &Nothing {}).await;
    match removed {
        Ok(removed) => Ok(removed.success),
        Err(failure) if failure.is_not_found() => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

/// A worker waits, or one was given a message lately and may hold it still.
fn is_in_use(consumer: &Info) -> bool {
    let held = consumer.num_ack_pending > 0
        && consumer.delivered.last_active.is_some_and(|last| {
            let age = now().unix_timestamp_nanos() - last.unix_timestamp_nanos();
            age < i128::try_from(consumer.config.ack_wait.as_nanos()).unwrap_or(i128::MAX)
        });
    consumer.num_waiting > 0 || held
}

/// This request may have no other content than none; `()` would be `null`.
#[derive(Serialize)]
struct Nothing {}

#[derive(serde::Deserialize)]
struct Removed {
    success: bool,
}

#[derive(Serialize)]
struct Offset {
    offset: usize,
}

#[derive(serde::Deserialize)]
struct Page {
    total: usize,
    consumers: Option<Vec<Info>>,
}
