//! The service `saker.alerts.v1.Alerts`.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use proto::alerts::v1::alerts_server::Alerts;
use proto::alerts::v1::consume_request::{Open, Request as Asked};
use proto::alerts::v1::{
    ConsumeRequest, ConsumeResponse, ForgetRequest, ForgetResponse, GetRequest, GetResponse, ListRequest,
    ListResponse, ServerStatusRequest, ServerStatusResponse, SubscribeRequest, SubscribeResponse,
};
use service::Shutdown;
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};

use super::consume::{self, Consumption};
use super::consumers::Consumers;
use super::gate::Gate;
use super::hub::Hub;
use super::lookup;
use super::monitor::Method;
use super::refusal;
use super::source::Source;
use super::start::{Wish, refuse_missing};
use super::streams::Streams;
use super::subscription::{Subscription, Terms};
use super::wanted::View;

/// How long a client may take to say which consumer it is.
const OPENING: Duration = Duration::from_secs(10);

/// What all services have.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: Gate,
    pub(crate) streams: Streams,
    pub(crate) consumers: Consumers,
    pub(crate) heartbeat: Duration,
    pub(crate) shutdown: Shutdown,
}

/// The service of alerts.
pub(crate) struct AlertService {
    shared: Shared,
}

impl AlertService {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[tonic::async_trait]
impl Alerts for AlertService {
    type SubscribeStream = BoxStream<'static, Result<SubscribeResponse, Status>>;
    type ConsumeStream = BoxStream<'static, Result<ConsumeResponse, Status>>;

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let Shared { hub, gate, streams, heartbeat, shutdown, .. } = self.shared.clone();
        let admitted = gate.admit(&request)?;
        let asked = request.into_inner();
        let (on_gap, on_slow) = (asked.on_gap(), asked.on_slow());
        let wish = Wish::of(asked.start)?;
        let view = View::of(Arc::clone(&admitted.viewer), asked.filter, asked.fields)?;
        let slot = streams.begin(admitted, Method::Subscribe)?;
        let start = wish.find(hub.bus(), &view).await.map_err(|error| refusal::bus(&error))?;
        if on_gap != proto::alerts::v1::OnGap::Continue {
            refuse_missing(&start)?;
        }
        let until = asked.until_now.then_some(start.last);
        let terms = Terms { on_gap, on_slow, heartbeat, until };
        let source = Source::new(&hub, start.at);
        let subscription = Subscription::new(source, view, terms, (slot, shutdown)).greeting(&start);
        Ok(Response::new(subscription.into_stream()))
    }

    async fn consume(
        &self,
        request: Request<Streaming<ConsumeRequest>>,
    ) -> Result<Response<Self::ConsumeStream>, Status> {
        let Shared { hub, gate, streams, heartbeat, shutdown, consumers } = self.shared.clone();
        let admitted = gate.admit(&request)?;
        let mut asked = request.into_inner();
        let open = opening(&mut asked).await?;
        let view = View::of(Arc::clone(&admitted.viewer), open.filter, open.fields)?;
        let slot = streams.begin(admitted, Method::Consume)?;
        let consumer = consumers.join(hub.bus(), view.viewer(), &open.name).await?;
        let terms = consume::Terms { credits: open.credits, heartbeat, ack_wait: consumers.ack_wait };
        let consumption = Consumption::new((consumer, asked), view, terms, (slot, shutdown));
        Ok(Response::new(consumption.into_stream()))
    }

    async fn list(&self, request: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        let viewer = self.shared.gate.admit(&request)?.viewer;
        let page = lookup::list(self.shared.hub.bus(), viewer, request.into_inner()).await?;
        Ok(Response::new(page))
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<GetResponse>, Status> {
        let viewer = self.shared.gate.admit(&request)?.viewer;
        let found = lookup::get(self.shared.hub.bus(), viewer, &request.into_inner().id).await?;
        Ok(Response::new(found))
    }

    async fn forget(&self, request: Request<ForgetRequest>) -> Result<Response<ForgetResponse>, Status> {
        let viewer = self.shared.gate.admit(&request)?.viewer;
        let name = request.into_inner().name;
        let forgotten = self.shared.consumers.forget(self.shared.hub.bus(), &viewer, &name).await?;
        Ok(Response::new(ForgetResponse { forgotten }))
    }

    async fn server_status(
        &self,
        request: Request<ServerStatusRequest>,
    ) -> Result<Response<ServerStatusResponse>, Status> {
        let viewer = self.shared.gate.admit(&request)?.viewer;
        let status = lookup::status(self.shared.hub.bus(), &viewer).await?;
        let subscribers = self.shared.streams.open();
        Ok(Response::new(ServerStatusResponse { subscribers, ..status }))
    }
}

/// What a consumer says first.
async fn opening(asked: &mut Streaming<ConsumeRequest>) -> Result<Open, Status> {
    let first = timeout(OPENING, asked.message());
    let first =
        first.await.map_err(|_| Status::deadline_exceeded("nothing was said for 10 s: send `open`"))?;
    match first?.and_then(|first| first.request) {
        Some(Asked::Open(open)) => Ok(open),
        _ => Err(Status::invalid_argument("`open` comes first: it names the consumer")),
    }
}
