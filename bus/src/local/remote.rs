//! A local store that another process holds open, reached through its unix socket.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::backend::{Backend, Incoming, Outgoing, Pull};
use crate::kv::Entry;
use crate::{BusError, ConsumerSpec, Id, Receipt, Settings, Start, Stream, StreamStatus};

pub(crate) struct Remote;

impl Remote {
    pub(crate) async fn connect(_directory: &Path) -> Result<Self, BusError> {
        Err(BusError::Closed)
    }
}

#[async_trait]
impl Backend for Remote {
    async fn publish(&self, _stream: Stream, _message: Outgoing) -> Result<Receipt, BusError> {
        Err(BusError::Closed)
    }
    async fn consume(&self, _stream: Stream, _spec: &ConsumerSpec) -> Result<Box<dyn Pull>, BusError> {
        Err(BusError::Closed)
    }
    async fn read(
        &self,
        _stream: Stream,
        _start: Start,
        _follow: bool,
    ) -> Result<BoxStream<'static, Result<Incoming, BusError>>, BusError> {
        Err(BusError::Closed)
    }
    async fn get(&self, _stream: Stream, _id: Id) -> Result<Option<Incoming>, BusError> {
        Err(BusError::Closed)
    }
    async fn remove(&self, _stream: Stream, _id: Id) -> Result<bool, BusError> {
        Err(BusError::Closed)
    }
    async fn status(&self, _stream: Stream) -> Result<StreamStatus, BusError> {
        Err(BusError::Closed)
    }
    async fn trim(&self, _stream: Stream, _keep: Duration) -> Result<u64, BusError> {
        Err(BusError::Closed)
    }
    async fn kv_get(&self, _bucket: &str, _key: &str) -> Result<Option<Entry>, BusError> {
        Err(BusError::Closed)
    }
    async fn kv_put(
        &self,
        _bucket: &str,
        _key: &str,
        _value: Option<Bytes>,
        _expected: Option<u64>,
    ) -> Result<Option<u64>, BusError> {
        Err(BusError::Closed)
    }
    async fn kv_watch(&self, _bucket: &str) -> Result<BoxStream<'static, Result<Entry, BusError>>, BusError> {
        Err(BusError::Closed)
    }
    async fn close(&self) -> Result<(), BusError> {
        Ok(())
    }
}
