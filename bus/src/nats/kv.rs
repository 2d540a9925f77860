//! Keys and values, in JetStream's key-value buckets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::kv::{self, Operation, Store};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::Info;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::backoff::Backoff;
use super::failure::{Failure, NotStored};
use super::link::{Link, NOTHING};
use super::names;
use crate::BusError;
use crate::kv::Entry;

/// How often a watch makes sure that it has missed nothing.
const CHECK: Duration = Duration::from_secs(60);

/// The buckets on the server.
#[derive(Clone)]
pub(super) struct Buckets {
    link: Link,
    replicas: usize,
    /// Those that we have found or made.
    known: Arc<Mutex<HashMap<String, Store>>>,
}

impl Buckets {
    pub(super) fn new(link: Link, replicas: usize) -> Self {
        Self { link, replicas, known: Arc::default() }
    }

    /// The entry of a key that is set.
    pub(super) async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, BusError> {
        Ok(self.last(bucket, key).await?.filter(|entry| entry.value.is_some()))
    }

    /// Sets a key, or unsets it, whatever it is; or only if its revision is the expected one.
    pub(super) async fn put(
        &self,
        bucket: &str,
        key: &str,
        value: Option<Bytes>,
        expected: Option<u64>,
    ) -> Result<Option<u64>, BusError> {
        let written = self.write(bucket, key, value.clone(), expected).await?;
        if written.is_some() || expected != Some(0) {
            return Ok(written);
        }
        // Not there as it seems: but a key that was unset has a revision, too.
        match self.last(bucket, key).await? {
            Some(Entry { value: None, revision, .. }) => self.write(bucket, key, value, Some(revision)).await,
            _ => Ok(None),
        }
    }

    async fn last(&self, bucket: &str, key: &str) -> Result<Option<Entry>, BusError> {
        check_key(key)?;
        let store = self.store(bucket).await?;
        let subject = format!("$JS.API.DIRECT.GET.KV_{0}.$KV.{0}.{key}", store.name);
        let entry = self.link.if_permitted(&subject, store.entry(key)).await?;
        Ok(entry.map_err(|error| BusError::Unavailable(error.to_string()))?.map(entry_of))
    }

    async fn write(
        &self,
        bucket: &str,
        key: &str,
        value: Option<Bytes>,
        expected: Option<u64>,
    ) -> Result<Option<u64>, BusError> {
        check_key(key)?;
        let store = self.store(bucket).await?;
        let mut message = match value {
            Some(value) => PublishMessage::build().payload(value),
            None => PublishMessage::build().header("KV-Operation", "DEL"),
        };
        if let Some(expected) = expected {
            message = message.expected_last_subject_sequence(expected);
        }
        let subject = format!("$KV.{}.{key}", store.name);
        let written = async { self.link.jetstream.send_publish(subject.clone(), message).await?.await };
        match self.link.if_permitted(&subject, written).await? {
            Ok(written) => Ok(Some(written.sequence)),
            Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => Ok(None),
            Err(error) => Err(match NotStored::of_publish(&error, self.link.timeout) {
                NotStored::Failed(error) => error,
                NotStored::Duplicate | NotStored::NoStream => {
                    self.forget(bucket);
                    BusError::Unavailable(format!("bucket {bucket} is not served: {error}"))
                }
            }),
        }
    }

    /// The bucket, created if it lacks.
    async fn store(&self, bucket: &str) -> Result<Store, BusError> {
        let name = names::bucket(bucket)?;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(bucket).cloned();
        if let Some(store) = known {
            return Ok(store);
        }
        let subject = format!("$JS.API.STREAM.INFO.KV_{name}");
        let found = self.link.if_permitted(&subject, self.link.jetstream.get_key_value(&name)).await?;
        let store = match found {
            Ok(store) => store,
            Err(_) => self.create(name).await?,
        };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket.to_owned(), store.clone());
        Ok(store)
    }

    async fn create(&self, bucket: String) -> Result<Store, BusError> {
        let config = kv::Config { bucket, history: 1, num_replicas: self.replicas, ..kv::Config::default() };
        let name = config.bucket.clone();
        let subject = format!("$JS.API.STREAM.CREATE.KV_{name}");
        let created = self.link.if_permitted(&subject, self.link.jetstream.create_key_value(config)).await?;
        created.map_err(|error| BusError::Unavailable(format!("bucket {name} cannot be created: {error}")))
    }

    /// The revision of the last change to a bucket.
    async fn last_revision(&self, bucket: &str) -> Result<u64, BusError> {
        let store = self.store(bucket).await?;
        let asked = self.link.ask::<Info>(format!("STREAM.INFO.KV_{}", store.name), &NOTHING).await;
        if asked.as_ref().is_err_and(Failure::is_not_found) {
            self.forget(bucket);
        }
        Ok(asked?.state.last_sequence)
    }

    fn forget(&self, bucket: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(bucket);
    }

    /// Every key that is set, and then each change.
    pub(super) async fn watch(
        &self,
        bucket: &str,
    ) -> Result<BoxStream<'static, Result<Entry, BusError>>, BusError> {
        let (buckets, bucket) = (self.clone(), bucket.to_owned());
        let returned = self.link.returned().boxed();
        let mut watch = Watch { buckets, bucket, seen: 0, history: 0, entries: None, returned };
        // The first time it must work; from then on it is repaired.
        watch.begin().await?;
        Ok(stream::unfold(watch, Watch::advance).boxed())
    }
}

/// A watch that is begun anew, behind what was seen, whenever it breaks.
struct Watch {
    buckets: Buckets,
    bucket: String,
    /// The revision up to which everything has been passed on.
    seen: u64,
    /// The revision at which the bucket was when we began. What was unset before is not worth a word.
    history: u64,
    entries: Option<kv::Watch>,
    /// Resolves once the connection was lost and is back. What reads the bucket for us on the server may be gone then,
    /// and would be missed much later.
    returned: BoxFuture<'static, ()>,
}

impl Watch {
    async fn advance(mut self) -> Option<(Result<Entry, BusError>, Self)> {
        let closing = self.buckets.link.closing.clone();
        let entry = closing.run_until_cancelled(Box::pin(self.next())).await?;
        Some((Ok(entry), self))
    }

    async fn next(&mut self) -> Entry {
        let mut backoff = Backoff::default();
        loop {
            let Some(entries) = &mut self.entries else {
                sleep(backoff.next()).await;
                if let Err(error) = self.begin().await {
                    debug!(bucket = self.bucket, %error, "the watch cannot be begun anew yet");
                }
                continue;
            };
            let next = tokio::select! {
                next = timeout(CHECK, entries.next()) => next,
                () = &mut self.returned => Ok(None),
            };
            match next {
                Ok(Some(Ok(entry))) => {
                    self.seen = entry.revision;
                    let entry = entry_of(entry);
                    if entry.value.is_some() || entry.revision > self.history {
                        return entry;
                    }
                }
                Ok(Some(Err(error))) => {
                    warn!(bucket = self.bucket, %error, "a watch broke; beginning anew");
                    self.entries = None;
                }
                Ok(None) => self.entries = None,
                Err(_) => self.check().await,
            }
        }
    }

    async fn begin(&mut self) -> Result<(), BusError> {
        let last = self.buckets.last_revision(&self.bucket).await?;
        if last < self.seen {
            // The bucket is another one: begin at its beginning.
            self.seen = 0;
        }
        if self.seen == 0 {
            self.history = last;
        }
        let link = self.buckets.link.clone();
        self.returned = link.returned().boxed();
        let store = self.buckets.store(&self.bucket).await?;
        // From revision 1 on: each key once, as it is, since a bucket keeps no more than one entry of each.
        let subject = format!("$JS.API.CONSUMER.CREATE.KV_{}", store.name);
        // Boxed, since what the client does for a watch is large.
        let begun = Box::pin(store.watch_all_from_revision(self.seen + 1));
        let watch = link.if_permitted(&subject, begun).await?;
        self.entries = Some(watch.map_err(|error| BusError::Unavailable(error.to_string()))?);
        Ok(())
    }

    /// Nothing came for a while. Has nothing happened?
    async fn check(&mut self) {
        match self.buckets.last_revision(&self.bucket).await {
            Ok(last) if last == self.seen => {}
            _ => self.entries = None,
        }
    }
}

fn entry_of(entry: kv::Entry) -> Entry {
    let value = (entry.operation == Operation::Put).then_some(entry.value);
    Entry { key: entry.key, value, revision: entry.revision }
}

fn check_key(key: &str) -> Result<(), BusError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=".contains(&byte);
    let good = key.bytes().all(fits) && key.split('.').all(|token| !token.is_empty());
    let wrong = || {
        BusError::Setup(format!("`{key}` cannot be a key: use letters, digits, `-`, `_`, `.`, `/` and `=`"))
    };
    good.then_some(()).ok_or_else(wrong)
}
