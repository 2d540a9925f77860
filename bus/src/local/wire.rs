//! The bus's types as the messages of the operator's service, and back.

use proto::bus::v1 as wire;
use proto::bus::v1::read_request;
use tonic::{Code, Status};

use crate::backend::Incoming;
use crate::kv::Entry;
use crate::{BusError, ConsumerStatus, Id, Start, Stream, StreamStatus};

/// The largest message that is sent or accepted: twice the largest that ingest lets in.
pub(super) const LARGEST: usize = 256 << 20;

pub(super) fn stream(name: &str) -> Result<Stream, Status> {
    Stream::from_name(name).ok_or_else(|| Status::invalid_argument(format!("there is no stream `{name}`")))
}

pub(super) fn id(text: &str) -> Result<Id, Status> {
    text.parse().map_err(|error: crate::IdError| Status::invalid_argument(error.to_string()))
}

pub(super) fn start_to(start: Start) -> Option<read_request::Start> {
    match start {
        Start::Earliest => None,
        Start::Sequence(sequence) => Some(read_request::Start::Sequence(sequence)),
        Start::Time(time) => Some(read_request::Start::TimeUnixNanos(time)),
        Start::Latest => Some(read_request::Start::Latest(true)),
    }
}

pub(super) fn start_from(start: Option<read_request::Start>) -> Start {
    match start {
        None | Some(read_request::Start::Latest(false)) => Start::Earliest,
        Some(read_request::Start::Sequence(sequence)) => Start::Sequence(sequence),
        Some(read_request::Start::TimeUnixNanos(time)) => Start::Time(time),
        Some(read_request::Start::Latest(true)) => Start::Latest,
    }
}

pub(super) fn message_to(message: Incoming) -> wire::StoredMessage {
    let Incoming { id, sequence, time_unix_nanos, payload, addressed, trace: _ } = message;
    wire::StoredMessage { sequence, id: id.to_string(), time_unix_nanos, payload, addressed }
}

pub(super) fn message_from(message: wire::StoredMessage) -> Result<Incoming, BusError> {
    let wire::StoredMessage { id, sequence, time_unix_nanos, payload, addressed } = message;
    let id = id.parse().map_err(|error: crate::IdError| BusError::Corrupt(error.to_string()))?;
    Ok(Incoming { id, sequence, time_unix_nanos, payload, addressed, trace: None })
}

pub(super) fn entry_to(entry: Entry) -> wire::KvEntry {
    let Entry { key, value, revision } = entry;
    wire::KvEntry { key, value, revision }
}

pub(super) fn entry_from(entry: wire::KvEntry) -> Entry {
    let wire::KvEntry { key, value, revision } = entry;
    Entry { key, value, revision }
}

pub(super) fn status_to(status: StreamStatus) -> wire::StatusResponse {
    let StreamStatus { messages, bytes, first_sequence, last_sequence, consumers } = status;
    let consumers = consumers.into_iter().map(|consumer| {
        let ConsumerStatus { name, pending, unsettled, redelivered } = consumer;
        wire::ConsumerStatus { name, pending, unsettled, redelivered }
    });
    let consumers = consumers.collect();
    wire::StatusResponse { messages, bytes, first_sequence, last_sequence, consumers }
}

pub(super) fn status_from(status: wire::StatusResponse) -> StreamStatus {
    let wire::StatusResponse { messages, bytes, first_sequence, last_sequence, consumers } = status;
    let consumers = consumers.into_iter().map(|consumer| {
        let wire::ConsumerStatus { name, pending, unsettled, redelivered } = consumer;
        ConsumerStatus { name, pending, unsettled, redelivered }
    });
    let consumers = consumers.collect();
    StreamStatus { messages, bytes, first_sequence, last_sequence, consumers }
}

pub(super) fn error_to(error: BusError) -> Status {
    match error {
        BusError::Unavailable(text) => Status::unavailable(text),
        BusError::Timeout(after) => Status::deadline_exceeded(format!("{after:?}")),
        BusError::Full(text) => Status::resource_exhausted(text),
        BusError::Busy(text) => Status::aborted(text),
        BusError::Setup(text) => Status::failed_precondition(text),
        BusError::Corrupt(text) => Status::data_loss(text),
        BusError::Closed => Status::unavailable("the store is being closed"),
    }
}

pub(super) fn error_from(status: &Status) -> BusError {
    let text = status.message().to_owned();
    match status.code() {
        Code::ResourceExhausted => BusError::Full(text),
        Code::Aborted => BusError::Busy(text),
        Code::FailedPrecondition | Code::InvalidArgument | Code::Unimplemented => BusError::Setup(text),
        Code::DataLoss => BusError::Corrupt(text),
        // The store's own limit of time ran out, or the process that holds it has gone.
        _ => BusError::Unavailable(format!("the process that holds the store: {text}")),
    }
}
