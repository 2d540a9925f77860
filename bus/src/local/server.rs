//! The operator's service of a local store, as the process that holds it answers.

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use proto::bus::v1 as wire;
use proto::bus::v1::store_server::{Store, StoreServer};
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status};

use super::Local;
use super::wire::{LARGEST, entry_to, error_to, id, message_to, start_from, status_to, stream};
use crate::backend::{Backend, Outgoing};

/// Bytes that may be under way: large messages come in few turns.
const WINDOW: u32 = 4 << 20;

/// Serves until the store closes.
pub(super) async fn serve(local: Local, listener: UnixListener) {
    let closing = local.store.closing.clone();
    let service = StoreServer::new(Served { local })
        .max_decoding_message_size(LARGEST)
        .max_encoding_message_size(LARGEST);
    let served = tonic::transport::Server::builder()
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .add_service(service)
        .serve_with_incoming_shutdown(UnixListenerStream::new(listener), closing.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the operator's socket has failed; commands no longer reach this process");
    }
}

struct Served {
    local: Local,
}

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Store for Served {
    type ReadStream = BoxStream<'static, Result<wire::StoredMessage, Status>>;
    type KvWatchStream = BoxStream<'static, Result<wire::KvEntry, Status>>;

    async fn publish(&self, request: Request<wire::PublishRequest>) -> Reply<wire::PublishResponse> {
        let wire::PublishRequest { stream: name, id: text, payload, only_for } = request.into_inner();
        let only_for = (!only_for.is_empty()).then_some(only_for);
        let message = Outgoing { id: id(&text)?, payload, only_for, trace: None };
        let receipt = self.local.publish(stream(&name)?, message).await.map_err(error_to)?;
        let crate::Receipt { sequence, duplicate } = receipt;
        Ok(Response::new(wire::PublishResponse { sequence, duplicate }))
    }

    async fn read(&self, request: Request<wire::ReadRequest>) -> Reply<Self::ReadStream> {
        let wire::ReadRequest { stream: name, start, follow } = request.into_inner();
        let messages = self.local.read(stream(&name)?, start_from(start), follow).await.map_err(error_to)?;
        Ok(Response::new(messages.map_ok(message_to).map_err(error_to).boxed()))
    }

    async fn get(&self, request: Request<wire::GetRequest>) -> Reply<wire::GetResponse> {
        let wire::GetRequest { stream: name, id: text } = request.into_inner();
        let message = self.local.get(stream(&name)?, id(&text)?).await.map_err(error_to)?;
        Ok(Response::new(wire::GetResponse { message: message.map(message_to) }))
    }

    async fn remove(&self, request: Request<wire::RemoveRequest>) -> Reply<wire::RemoveResponse> {
        let wire::RemoveRequest { stream: name, id: text } = request.into_inner();
        let removed = self.local.remove(stream(&name)?, id(&text)?).await.map_err(error_to)?;
        Ok(Response::new(wire::RemoveResponse { removed }))
    }

    async fn forget(&self, request: Request<wire::ForgetRequest>) -> Reply<wire::ForgetResponse> {
        let wire::ForgetRequest { stream: name, consumer } = request.into_inner();
        let forgotten = self.local.forget(stream(&name)?, &consumer).await.map_err(error_to)?;
        Ok(Response::new(wire::ForgetResponse { forgotten }))
    }

    async fn status(&self, request: Request<wire::StatusRequest>) -> Reply<wire::StatusResponse> {
        let name = request.into_inner().stream;
        let status = self.local.status(stream(&name)?).await.map_err(error_to)?;
        Ok(Response::new(status_to(status)))
    }

    async fn kv_get(&self, request: Request<wire::KvGetRequest>) -> Reply<wire::KvGetResponse> {
        let wire::KvGetRequest { bucket, key } = request.into_inner();
        let entry = self.local.kv_get(&bucket, &key).await.map_err(error_to)?;
        Ok(Response::new(wire::KvGetResponse { entry: entry.map(entry_to) }))
    }

    async fn kv_put(&self, request: Request<wire::KvPutRequest>) -> Reply<wire::KvPutResponse> {
        let wire::KvPutRequest { bucket, key, value, expected_revision } = request.into_inner();
        let revision = self.local.kv_put(&bucket, &key, value, expected_revision).await.map_err(error_to)?;
        Ok(Response::new(wire::KvPutResponse { revision }))
    }

    async fn kv_watch(&self, request: Request<wire::KvWatchRequest>) -> Reply<Self::KvWatchStream> {
        let entries = self.local.kv_watch(&request.into_inner().bucket).await.map_err(error_to)?;
        Ok(Response::new(entries.map_ok(entry_to).map_err(error_to).boxed()))
    }
}
