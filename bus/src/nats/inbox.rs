//! Where the answers to requests for messages come in.

use async_nats::{Client, Message, Subscriber};
use futures::StreamExt;

use crate::BusError;

/// A subscription of its own, with a subject for each request.
pub(super) struct Inbox {
    prefix: String,
    messages: Subscriber,
    requests: u64,
}

impl Inbox {
    pub(super) async fn open(client: &Client) -> Result<Self, BusError> {
        let prefix = client.new_inbox();
        let messages = client.subscribe(format!("{prefix}.*")).await;
        let messages = messages.map_err(|error| BusError::Unavailable(error.to_string()))?;
        Ok(Self { prefix, messages, requests: 0 })
    }

    /// The reply subject for one more request.
    pub(super) fn next_reply(&mut self) -> String {
        self.requests += 1;
        format!("{}.{}", self.prefix, self.requests)
    }

    /// What comes next. Safe to cancel.
    pub(super) async fn next(&mut self) -> Option<Message> {
        self.messages.next().await
    }
}
