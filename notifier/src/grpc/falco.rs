//! Falco's own services, as its clients know them, with one difference: each client gets every alert.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use proto::alerts::v1::subscribe_response::Event;
use proto::alerts::v1::{OnGap, OnSlow};
use proto::falco::{output, outputs, version};
use tonic::{Request, Response, Status, Streaming};

use super::alerts::Shared;
use super::cursor::Cursor;
use super::falco_message;
use super::gate::Admitted;
use super::monitor::Method;
use super::refusal;
use super::source::Source;
use super::start::{Start, Wish};
use super::subscription::{Subscription, Terms};
use super::viewer::Viewer;
use super::wanted::View;
use crate::moment::Moment;

/// Falco's services.
#[derive(Clone)]
pub(crate) struct FalcoService {
    shared: Shared,
    look_back: Duration,
    /// How far each identity has drained what is kept. Whoever is not known by name has no place of their own.
    drained: Arc<Mutex<HashMap<String, Cursor>>>,
}

type Alerts = BoxStream<'static, Result<outputs::Response, Status>>;

impl FalcoService {
    /// One that drains what is kept as far back as that.
    pub(crate) fn new(shared: Shared, look_back: Duration) -> Self {
        Self { shared, look_back, drained: Arc::default() }
    }

    /// What is kept and was not given to this client yet; then the end.
    async fn drain(&self, admitted: Admitted) -> Result<Alerts, Status> {
        let viewer = Arc::clone(&admitted.viewer);
        let (subscription, start) = self.begin(admitted, self.wish(&viewer), Ending::WithNow).await?;
        let place = viewer.name().map(|name| (Arc::clone(&self.drained), name.to_owned()));
        let last = Cursor::before(start.last.saturating_add(1));
        let alerts = alerts(subscription).chain(stream::once(async move {
            if let Some((drained, name)) = place {
                drained.lock().unwrap_or_else(PoisonError::into_inner).insert(name, last);
            }
            None
        }));
        Ok(Box::pin(alerts.filter_map(std::future::ready)))
    }

    /// What comes from now on.
    async fn follow(&self, admitted: Admitted) -> Result<Alerts, Status> {
        let (subscription, _) = self.begin(admitted, Wish::Latest, Ending::Never).await?;
        Ok(Box::pin(alerts(subscription).filter_map(std::future::ready)))
    }

    fn wish(&self, viewer: &Viewer) -> Wish {
        let drained = self.drained.lock().unwrap_or_else(PoisonError::into_inner);
        match viewer.name().and_then(|name| drained.get(name)) {
            Some(cursor) => Wish::After(*cursor),
            None => Wish::Since(Moment::now().before(self.look_back).unix_nanos()),
        }
    }

    async fn begin(
        &self,
        admitted: Admitted,
        wish: Wish,
        ending: Ending,
    ) -> Result<(Subscription, Start), Status> {
        let Shared { hub, streams, heartbeat, shutdown, .. } = self.shared.clone();
        let view = View::all(Arc::clone(&admitted.viewer));
        let slot = streams.begin(admitted, Method::Falco)?;
        let start = wish.find(hub.bus(), &view).await.map_err(|error| refusal::bus(&error))?;
        let until = (ending == Ending::WithNow).then_some(start.last);
        // Its clients know of no cursors, and have nothing to say about gaps.
        let terms = Terms { on_gap: OnGap::Continue, on_slow: OnSlow::Unspecified, heartbeat, until };
        let source = Source::new(&hub, start.at);
        Ok((Subscription::new(source, view, terms, (slot, shutdown)), start))
    }
}

/// When a stream ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    WithNow,
    Never,
}

/// The alerts of a subscription; `None` for everything else that it says.
fn alerts(
    subscription: Subscription,
) -> impl futures::Stream<Item = Option<Result<outputs::Response, Status>>> + Send {
    stream::unfold(subscription, |mut subscription| async move {
        let said = match subscription.next().await? {
            Ok(Event::Alert(delivered)) => delivered.alert.map(|alert| Ok(falco_message::of(&alert))),
            Ok(Event::Heartbeat(_) | Event::Gap(_) | Event::GoingAway(_)) => None,
            Err(status) => Some(Err(status)),
        };
        Some((said, subscription))
    })
}

/// Reads a client's next request, so that they do not pile up. That it says no more ends nothing.
async fn is_there(asked: &mut Option<Streaming<outputs::Request>>) -> bool {
    match asked {
        Some(asked) => matches!(asked.message().await, Ok(Some(_))),
        None => std::future::pending().await,
    }
}

#[tonic::async_trait]
impl outputs::service_server::Service for FalcoService {
    type subStream = Alerts;
    type getStream = Alerts;

    async fn sub(&self, request: Request<Streaming<outputs::Request>>) -> Result<Response<Alerts>, Status> {
        let admitted = self.shared.gate.admit(&request)?;
        let alerts = self.follow(admitted).await?;
        let both =
            stream::unfold((alerts, Some(request.into_inner())), |(mut alerts, mut asked)| async move {
                loop {
                    tokio::select! {
                        alert = alerts.next() => return Some((alert?, (alerts, asked))),
                        is_there = is_there(&mut asked) => if !is_there { asked = None },
                    }
                }
            });
        Ok(Response::new(Box::pin(both)))
    }

    async fn get(&self, request: Request<outputs::Request>) -> Result<Response<Alerts>, Status> {
        let admitted = self.shared.gate.admit(&request)?;
        Ok(Response::new(self.drain(admitted).await?))
    }
}

#[tonic::async_trait]
impl output::service_server::Service for FalcoService {
    type subscribeStream = BoxStream<'static, Result<output::Response, Status>>;

    async fn subscribe(
        &self,
        request: Request<output::Request>,
    ) -> Result<Response<Self::subscribeStream>, Status> {
        let admitted = self.shared.gate.admit(&request)?;
        let stays = request.get_ref().keepalive;
        let alerts = if stays { self.follow(admitted).await? } else { self.drain(admitted).await? };
        Ok(Response::new(Box::pin(alerts.map(|alert| alert.map(falco_message::older)))))
    }
}

#[tonic::async_trait]
impl version::service_server::Service for FalcoService {
    async fn version(
        &self,
        request: Request<version::Request>,
    ) -> Result<Response<version::Response>, Status> {
        self.shared.gate.admit(&request)?;
        Ok(Response::new(falco_message::version(env!("CARGO_PKG_VERSION"))))
    }
}
