//! What a NATS server refuses, in terms of what the caller can do about it.

use std::error::Error;
use std::time::Duration;

use async_nats::jetstream::context::{PublishError, PublishErrorKind, RequestError, RequestErrorKind};
use async_nats::jetstream::{self, ErrorCode};

use crate::BusError;

/// Why a request to JetStream failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// JetStream answered with an error.
    Refused(jetstream::Error),
    /// It does not permit us to ask, and why that matters.
    Denied(String),
    /// It did not answer.
    Bus(BusError),
}

impl Failure {
    /// Whether what was asked about does not exist.
    pub(super) fn is_not_found(&self) -> bool {
        self.code().is_some_and(|code| {
            [ErrorCode::STREAM_NOT_FOUND, ErrorCode::CONSUMER_NOT_FOUND, ErrorCode::NO_MESSAGE_FOUND]
                .contains(&code)
        })
    }

    /// Whether the server has no room to reserve.
    pub(super) fn is_out_of_room(&self) -> bool {
        matches!(self, Self::Refused(error) if is_out_of_room(error))
    }

    /// The server's number for the error.
    pub(super) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(error) => Some(error.error_code()),
            Self::Denied(_) | Self::Bus(_) => None,
        }
    }

    /// A request that got no answer.
    pub(super) fn of_request(error: &RequestError, timeout: Duration) -> Self {
        Self::Bus(match error.kind() {
            RequestErrorKind::TimedOut => BusError::Timeout(timeout),
            RequestErrorKind::NoResponders => BusError::Unavailable(
                "nobody serves JetStream there; it is starting, has no leader, or is not enabled".into(),
            ),
            RequestErrorKind::InvalidSubject | RequestErrorKind::Other => {
                BusError::Unavailable(error.to_string())
            }
        })
    }
}

impl From<BusError> for Failure {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl From<Failure> for BusError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Bus(error) => error,
            Failure::Denied(why) => Self::Setup(why),
            Failure::Refused(error) if is_out_of_room(&error) => Self::Full(error.to_string()),
            Failure::Refused(error) if error.code() == 503 || failure_may_pass(error.error_code()) => {
                Self::Unavailable(error.to_string())
            }
            Failure::Refused(error) => Self::Setup(format!("NATS refuses: {error}")),
        }
    }
}

/// What became of a message that was sent to a stream and not stored.
pub(super) enum NotStored {
    /// The stream holds a message on that subject, and holds one only.
    Duplicate,
    /// No stream listens on that subject.
    NoStream,
    /// Something else.
    Failed(BusError),
}

impl NotStored {
    pub(super) fn of_publish(error: &PublishError, timeout: Duration) -> Self {
        match error.kind() {
            PublishErrorKind::StreamNotFound => Self::NoStream,
            PublishErrorKind::TimedOut => Self::Failed(BusError::Timeout(timeout)),
            PublishErrorKind::MaxPayloadExceeded => Self::Failed(BusError::Setup(error.to_string())),
            _ => match refusal(error) {
                Some(refusal) => Self::of_refusal(refusal),
                None => Self::Failed(BusError::Unavailable(error.to_string())),
            },
        }
    }

    fn of_refusal(refusal: &jetstream::Error) -> Self {
        let text = refusal.to_string();
        if refusal.error_code() == ErrorCode::STREAM_STORE_FAILED {
            // One code for all reasons why a stream stores nothing more; the text tells them apart.
            return match text {
                text if text.contains("per subject") => Self::Duplicate,
                text if text.contains("maximum") || text.contains("space") || text.contains("resource") => {
                    Self::Failed(BusError::Full(text))
                }
                text => Self::Failed(BusError::Unavailable(text)),
            };
        }
        Self::Failed(match Failure::Refused(refusal.clone()).into() {
            // To a message that was stored a moment ago under the same settings this is no lasting answer.
            BusError::Setup(text) if refusal.code() >= 500 => BusError::Unavailable(text),
            other => other,
        })
    }
}

/// The server's error within an error of the client library.
fn refusal(error: &PublishError) -> Option<&jetstream::Error> {
    error.source()?.downcast_ref()
}

/// As [`Failure::is_out_of_room`], of the server's own error.
pub(super) fn is_out_of_room(error: &jetstream::Error) -> bool {
    let codes = [
        ErrorCode::ACCOUNT_RESOURCES_EXCEEDED,
        ErrorCode::INSUFFICIENT_RESOURCES,
        ErrorCode::STORAGE_RESOURCES_EXCEEDED,
        ErrorCode::MEMORY_RESOURCES_EXCEEDED,
        ErrorCode::STREAM_MAX_STREAM_BYTES_EXCEEDED,
    ];
    // A cluster counts the nodes without room among those that it does not have; only the text tells.
    let no_node_has =
        error.error_code() == ErrorCode::CLUSTER_NO_PEERS && error.to_string().contains("insufficient");
    codes.contains(&error.error_code()) || no_node_has
}

/// What a cluster answers while it finds a leader, or for as long as it lacks a node.
fn failure_may_pass(code: ErrorCode) -> bool {
    [
        ErrorCode::CLUSTER_NOT_AVAILABLE,
        ErrorCode::CLUSTER_NOT_LEADER,
        ErrorCode::CLUSTER_NOT_ASSIGNED,
        ErrorCode::CLUSTER_INCOMPLETE,
        ErrorCode::CLUSTER_NO_PEERS,
        ErrorCode::STREAM_NOT_FOUND,
        ErrorCode::CONSUMER_NOT_FOUND,
    ]
    .contains(&code)
}
