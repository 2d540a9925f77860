//! Ways of syslog messages to their receiver: datagrams (RFC 5426), and a stream (RFC 6587) that may be within TLS
//! (RFC 5425).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio_rustls::TlsConnector;

/// A connection that was idle for longer is not used again: what lies between may have forgotten it without a word.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// A receiver of syslog says nothing. One that sends more than this before it closes is none.
const MOST_SAID: usize = 64 << 10;

/// Where messages go.
#[derive(Debug, Clone)]
pub(super) struct Receiver {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Receiver {
    async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> = lookup_host((self.host.as_str(), self.port)).await?.collect();
        if found.is_empty() { Err(io::Error::other(format!("{} has no address", self.host))) } else { Ok(found) }
    }
}

/// Datagrams, one a message.
pub(super) struct Datagrams {
    receiver: Receiver,
    socket: Option<UdpSocket>,
}

impl Datagrams {
    pub(super) fn to(receiver: Receiver) -> Self {
        Self { receiver, socket: None }
    }

    /// Sends one message. That nobody listens is noticed where the receiver's machine says so, and it may say so only
    /// at the next message.
    pub(super) async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => self.connected().await?,
        };
        socket.send(message).await?;
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        self.socket = Some(socket);
        Ok(())
    }

    async fn connected(&self) -> io::Result<UdpSocket> {
        let mut failure = io::Error::other("no address");
        for address in self.receiver.addresses().await? {
            let any: SocketAddr = match address {
                SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
            };
            let socket = UdpSocket::bind(any).await?;
            match socket.connect(address).await {
                Ok(()) => return Ok(socket),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// Both ends of a connection.
trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// A stream of messages.
pub(super) struct Connection {
    receiver: Receiver,
    tls: Option<Arc<ClientConfig>>,
    kept: Option<(Box<dyn Stream>, Instant)>,
}

impl Connection {
    pub(super) fn to(receiver: Receiver, tls: Option<Arc<ClientConfig>>) -> Self {
        Self { receiver, tls, kept: None }
    }

    /// Sends on a connection of its own and returns once the receiver has closed it, too: it does that when it has read
    /// all there was.
    pub(super) async fn send_and_close(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut stream = self.open().await?;
        stream.write_all(bytes).await?;
        stream.shutdown().await?;
        let mut said = 0;
        let mut buffer = [0; 1024];
        while said < MOST_SAID {
            match stream.read(&mut buffer).await {
                // It may close the connection without closing TLS first.
                Ok(0) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Ok(count) => said += count,
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("it answers without end: is it a receiver of syslog?"))
    }

    /// Sends on a connection that is kept. Returns when all is handed to the system: whether the receiver has read it,
    /// nobody says.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let kept = self.kept.take().filter(|(_, used)| used.elapsed() < LONGEST_IDLE);
        let open = kept.map(|(stream, _)| stream).and_then(|mut stream| is_open(&mut *stream).then_some(stream));
        let mut stream = match open {
            Some(stream) => stream,
            None => self.open().await?,
        };
        stream.write_all(bytes).await?;
        stream.flush().await?;
        if !is_open(&mut *stream) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.kept = Some((stream, Instant::now()));
        Ok(())
    }

    async fn open(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(self.receiver.addresses().await?.as_slice()).await?;
        stream.set_nodelay(true)?;
        let Some(config) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from(self.receiver.host.clone()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::clone(config)).connect(name, stream).await?;
        Ok(Box::new(stream))
    }
}

/// Whether the receiver has not closed the connection, as far as is known here. What it says is read and forgotten.
fn is_open(stream: &mut dyn Stream) -> bool {
    let mut buffer = [0; 1024];
    for _ in 0..MOST_SAID / buffer.len() {
        match stream.read(&mut buffer).now_or_never() {
            None => return true,
            Some(Ok(0) | Err(_)) => return false,
            Some(Ok(_)) => {}
        }
    }
    false
}
