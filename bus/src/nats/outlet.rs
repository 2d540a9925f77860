//! [`Outlet`]: messages to somebody else's NATS, beside the bus. It connects when it is needed, and again by itself.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, Context};
use async_nats::rustls::ClientConfig;
use async_nats::{Client, HeaderMap, ServerAddr};
use bytes::Bytes;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::denial::Denials;
use super::failure::NotStored;
use super::login;
use super::user::User;
use crate::{BusError, Settings};

/// Who we are to the NATS that an [`Outlet`] leads to.
#[derive(Debug, Clone, Default)]
pub struct OutletLogin {
    /// A user and the password.
    pub user: Option<(String, SecretString)>,
    /// A token.
    pub token: Option<SecretString>,
    /// File with the JWT and the seed of a user, or the seed of an nkey alone.
    pub credentials_file: Option<PathBuf>,
    /// TLS; a server that offers none is refused then.
    pub tls: Option<ClientConfig>,
}

/// One message.
#[derive(Debug, Clone)]
pub struct OutletMessage {
    /// Where it goes.
    pub subject: String,
    /// What tells it from others, as `Nats-Msg-Id`: a stream stores it once, however often it is sent.
    pub id: String,
    /// What it holds.
    pub payload: Bytes,
}

/// When a message counts as arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// A stream has stored it, and says so.
    Stored,
    /// It was handed to a connection that was up before and after. Nobody says that it arrived.
    Sent,
}

/// Why a message did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutletError {
    /// It may, later.
    #[error("{0}")]
    Later(String),
    /// This one will not.
    #[error("{0}")]
    Never(String),
}

/// A way to NATS servers.
pub struct Outlet {
    servers: Vec<ServerAddr>,
    login: OutletLogin,
    client: String,
    within: Duration,
    connected: Mutex<Option<Connected>>,
}

#[derive(Clone)]
struct Connected {
    client: Client,
    jetstream: Context,
    denials: Denials,
}

impl Outlet {
    /// To servers given as `nats://host:4222` or `tls://host:4222`, which may carry a user, under a name that tells who
    /// connects. Nothing is connected yet.
    ///
    /// # Errors
    /// Where an address is none.
    pub fn to(
        servers: &[String],
        mut login: OutletLogin,
        client: &str,
        within: Duration,
    ) -> Result<Self, BusError> {
        let mut addresses = Vec::with_capacity(servers.len());
        for server in servers {
            let (user, server) = User::split_from(server);
            match user {
                Some(User { name, password: Some(password) }) => login.user = Some((name, password.into())),
                Some(User { name: token, password: None }) => login.token = Some(token.into()),
                None => {}
            }
            let malformed =
                |error| BusError::Setup(format!("`{server}` is not the address of a NATS server: {error}"));
            addresses.push(server.parse().map_err(malformed)?);
        }
        let connected = Mutex::default();
        Ok(Self { servers: addresses, login, client: client.to_owned(), within, connected })
    }

    /// Publishes a message, and returns once it has arrived.
    ///
    /// # Errors
    /// Where it did not, sorted by whether it ever will.
    pub async fn publish(&self, message: &OutletMessage, arrival: Arrival) -> Result<(), OutletError> {
        let connected = self.connected().await?;
        let longest = connected.client.max_payload();
        if message.payload.len() > longest {
            let length = message.payload.len();
            return Err(OutletError::Never(format!("it has {length} bytes, and the server takes {longest}")));
        }
        let denied = connected.denials.of(&message.subject);
        let published = async {
            match arrival {
                Arrival::Stored => connected.store(message, self.within).await,
                Arrival::Sent => connected.send(message, self.within).await,
            }
        };
        tokio::select! {
            biased;
            result = published => result,
            _ = denied => Err(OutletError::Later(format!(
                "the NATS server does not permit us to publish on {}", message.subject
            ))),
        }
    }

    /// The connection, which must be up now.
    async fn connected(&self) -> Result<Connected, OutletError> {
        let mut connected = self.connected.lock().await;
        if let Some(connected) = connected.as_ref() {
            return match connected.client.connection_state() {
                State::Connected => Ok(connected.clone()),
                State::Pending | State::Disconnected => {
                    Err(OutletError::Later("the connection to NATS is lost; connecting again".to_owned()))
                }
            };
        }
        let new = Box::pin(self.connect()).await.map_err(|error| OutletError::Later(error.to_string()))?;
        Ok(connected.insert(new).clone())
    }

    async fn connect(&self) -> Result<Connected, BusError> {
        let settings = Settings {
            client: self.client.clone(),
            token: self.login.token.clone(),
            credentials_file: self.login.credentials_file.clone(),
            timeout: self.within,
            ..Settings::default()
        };
        let denials = Denials::default();
        let noted = denials.clone();
        let user = self.login.user.as_ref().map(|(name, password)| User::new(name, password));
        let mut options = login::options(&settings, user).await?.event_callback(move |event| {
            noted.note(&event);
            tracing::debug!(%event, "NATS of a sink");
            std::future::ready(())
        });
        if let Some(tls) = &self.login.tls {
            options = options.require_tls(true).tls_client_config(tls.clone());
        }
        let connecting = options.connect(self.servers.clone());
        let client = timeout(self.within, connecting).await.map_err(|_| BusError::Timeout(self.within))?;
        let client = client.map_err(|error| login::refused_for(&error, ""))?;
        let mut jetstream = jetstream::new(client.clone());
        jetstream.set_timeout(self.within);
        Ok(Connected { client, jetstream, denials })
    }
}

impl Connected {
    async fn store(&self, message: &OutletMessage, within: Duration) -> Result<(), OutletError> {
        let letter = PublishMessage::build().payload(message.payload.clone()).message_id(&message.id);
        let sent = self.jetstream.send_publish(message.subject.clone(), letter).await;
        let stored = match sent {
            Ok(acknowledgement) => acknowledgement.await,
            Err(error) => Err(error),
        };
        let Err(error) = stored else { return Ok(()) };
        if error.kind() == PublishErrorKind::MaxPayloadExceeded {
            return Err(OutletError::Never(error.to_string()));
        }
        match NotStored::of_publish(&error, within) {
            NotStored::Duplicate => Ok(()),
            NotStored::NoStream => Err(OutletError::Later(format!(
                "no stream takes messages on {}: make one, or set `acknowledged: false`",
                message.subject
            ))),
            NotStored::Failed(error) => Err(OutletError::Later(format!("NATS did not store it: {error}"))),
        }
    }

    async fn send(&self, message: &OutletMessage, within: Duration) -> Result<(), OutletError> {
        let lost = |why: String| OutletError::Later(format!("the connection to NATS was lost: {why}"));
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", message.id.as_str());
        let sent = async {
            let payload = message.payload.clone();
            let sent = self.client.publish_with_headers(message.subject.clone(), headers, payload).await;
            sent.map_err(|error| lost(error.to_string()))?;
            self.client.flush().await.map_err(|error| lost(error.to_string()))
        };
        timeout(within, sent).await.map_err(|_| lost("it was not written in time".to_owned()))??;
        match self.client.connection_state() {
            State::Connected => Ok(()),
            State::Pending | State::Disconnected => Err(lost("it may have arrived".to_owned())),
        }
    }
}
