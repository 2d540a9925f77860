//! `List`, `Get` and `ServerStatus`: questions that are answered at once.

use std::sync::Arc;

use bus::{Bus, IdError, Start as Place, Stream};
use proto::alerts::v1::{Alert, GetResponse, ListRequest, ListResponse, ServerStatusResponse};
use tonic::Status;

use super::consumers;
use super::cursor::Cursor;
use super::refusal;
use super::ring::Kept;
use super::start::{Wish, beginning_of, passing_over_unreadable};
use super::subscription::delivered;
use super::viewer::Viewer;
use super::wanted::View;

/// How many messages are looked at for one page.
const LOOKED_AT: usize = 5_000;

/// The largest page, in alerts and in bytes.
const LARGEST_PAGE: u32 = 1_000;
const LARGEST_BYTES: usize = 3 << 20;

/// How many alerts a page has where nothing is said.
const USUAL_PAGE: u32 = 100;

/// A page of alerts.
pub(crate) async fn list(bus: &Bus, viewer: Arc<Viewer>, asked: ListRequest) -> Result<ListResponse, Status> {
    let ListRequest { start, filter, fields, page_size, page_token } = asked;
    let view = View::of(viewer, filter, fields)?;
    let size = match page_size {
        0 => USUAL_PAGE,
        1..=LARGEST_PAGE => page_size,
        _ => return Err(Status::invalid_argument(format!("page_size: at most {LARGEST_PAGE}"))),
    };
    let wish = match (page_token.is_empty(), start.and_then(|start| start.at)) {
        (false, _) => Wish::After(Cursor::of_client(&page_token)?),
        (true, None) => Wish::Earliest,
        (true, at) => Wish::of(Some(proto::alerts::v1::Start { at }))?,
    };
    let start = wish.find(bus, &view).await.map_err(|error| refusal::bus(&error))?;
    super::start::refuse_missing(&start)?;
    page(bus, &view, start.at, usize::try_from(size).unwrap_or(usize::MAX)).await
}

async fn page(bus: &Bus, view: &View, from: Cursor, size: usize) -> Result<ListResponse, Status> {
    let told = |error| refusal::bus(&error);
    let mut reader = bus.read::<Alert>(Place::Sequence(from.next())).await.map_err(told)?;
    let (mut alerts, mut bytes, mut looked_at, mut upto) = (Vec::new(), 0_usize, 0_usize, from);
    while let Some(read) = passing_over_unreadable(reader.next().await).map_err(told)? {
        looked_at = looked_at.saturating_add(1);
        if let Some(stored) = read {
            upto = Cursor::behind(stored.sequence, stored.id);
            if view.shows_stored(&stored) {
                let one = delivered(&Kept::of(stored), view);
                bytes = bytes.saturating_add(prost::Message::encoded_len(&one));
                alerts.push(one);
            }
        }
        if alerts.len() >= size || bytes >= LARGEST_BYTES || looked_at >= LOOKED_AT {
            return Ok(ListResponse { alerts, next_page_token: upto.to_bytes() });
        }
    }
    Ok(ListResponse { alerts, next_page_token: bytes::Bytes::new() })
}

/// The alert with an id, where the viewer may see it.
pub(crate) async fn get(bus: &Bus, viewer: Arc<Viewer>, id: &str) -> Result<GetResponse, Status> {
    let id = id.parse().map_err(|error: IdError| Status::invalid_argument(error.to_string()))?;
    let view = View::all(viewer);
    let found = bus.get::<Alert>(id).await.map_err(|error| refusal::bus(&error))?;
    // One that may not be seen is not told from one that is not there.
    let found = found.filter(|stored| view.shows_stored(stored));
    let found = found.ok_or_else(|| Status::not_found("no alert that is kept has this id"))?;
    Ok(GetResponse { alert: Some(delivered(&Kept::of(found), &view)) })
}

/// How the server is, but for its subscribers.
pub(crate) async fn status(bus: &Bus, viewer: &Viewer) -> Result<ServerStatusResponse, Status> {
    let status = bus.status(Stream::Alerts).await.map_err(|error| refusal::bus(&error))?;
    Ok(ServerStatusResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        identity: viewer.name().unwrap_or_default().to_owned(),
        earliest: beginning_of(&status).to_bytes(),
        latest: Cursor::before(status.last_sequence.saturating_add(1)).to_bytes(),
        messages: status.messages,
        bytes: status.bytes,
        retention: prost_types::Duration::try_from(bus.kept_for()).ok(),
        consumers: consumers::own(bus, viewer).await?,
        subscribers: 0,
    })
}
