//! What clients are told where something cannot be: a status, with what to do, and where they go on the cursor for it.

use bus::BusError;
use proto::alerts::v1::gap::Reason;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

use super::cursor::Cursor;

/// The trailer with the cursor to go on with.
pub(crate) const CURSOR: &str = "saker-cursor-bin";

/// Alerts are missing that should have been sent.
pub(crate) fn missing(reason: Reason, go_on_with: Cursor) -> Status {
    let why = match reason {
        Reason::StreamReplaced => "the cursor belongs to a stream of alerts that is no more",
        _ => "alerts behind the cursor are not kept any more",
    };
    let text = format!(
        "{why}: go on with the cursor in the trailer {CURSOR}, or ask for on_gap = ON_GAP_CONTINUE to be told how many are \
         missing"
    );
    with_cursor(Status::out_of_range(text), go_on_with)
}

/// The subscriber fell behind, and asked to be disconnected then.
pub(crate) fn too_slow(go_on_with: Cursor) -> Status {
    let text = format!(
        "too slow: what comes next is older than the alerts that the server has at hand; go on with the cursor in the \
         trailer {CURSOR}"
    );
    with_cursor(Status::resource_exhausted(text), go_on_with)
}

/// The bus failed.
pub(crate) fn bus(error: &BusError) -> Status {
    match error {
        BusError::Setup(text) => Status::failed_precondition(text.clone()),
        BusError::Corrupt(text) => Status::data_loss(text.clone()),
        other => Status::unavailable(other.to_string()),
    }
}

fn with_cursor(mut status: Status, cursor: Cursor) -> Status {
    let value = MetadataValue::from_bytes(&cursor.to_bytes());
    status.metadata_mut().insert_bin(CURSOR, value);
    debug_assert_ne!(status.code(), Code::Ok);
    status
}
