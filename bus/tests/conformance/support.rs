//! A bus to test, whatever backend it has, and waiting with a deadline.

use std::future::Future;
use std::time::Duration;

use bus::{Address, Bus, Consumer, ConsumerSpec, Content, Delivery, Reader, Settings, Stored};
use proto::alerts::v1::Alert;
use proto::events::v1::EventChunk;
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::nats_container::Container;
use crate::nats_server::NatsServer;

/// How long a whole test may take. None should take more than some seconds.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long a worker may hold a message, where a test waits for that.
pub const ACK_WAIT: Duration = Duration::from_secs(1);

/// Where a test's bus is.
pub struct Place {
    address: Address,
    backend: Backend,
    /// Deleted when the test ends.
    _directory: TempDir,
}

enum Backend {
    Local,
    Nats(Mutex<NatsServer>),
    Container(Box<Container>),
    /// As `Local`, with operators in another process.
    Socket,
}

/// Two handles on one bus: that of the services, and that of an operator.
pub struct Handles {
    pub worker: Bus,
    pub operator: Bus,
}

impl Place {
    /// `None` where this backend cannot be had.
    pub async fn of(backend: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let local = Address::Local(directory.path().join("store"));
        let (address, backend) = match backend {
            "local" => (local, Backend::Local),
            "socket" => (local, Backend::Socket),
            "nats" => {
                let server = NatsServer::start().await;
                (server.url().parse().unwrap(), Backend::Nats(Mutex::new(server)))
            }
            "container" => {
                let server = Container::start().await?;
                (server.url().parse().unwrap(), Backend::Container(Box::new(server)))
            }
            other => panic!("{other}?"),
        };
        Some(Self { address, backend, _directory: directory })
    }

    /// A service's handle.
    pub async fn open(&self) -> Bus {
        self.open_with(settings()).await
    }

    pub async fn open_with(&self, settings: Settings) -> Bus {
        Bus::open(&self.address, &settings).await.unwrap()
    }

    /// A service's handle, and an operator's: the same one, or one through the socket of the first.
    pub async fn open_both(&self) -> Handles {
        let worker = self.open().await;
        let operator = match self.backend {
            Backend::Socket => Bus::open_for_operator(&self.address, &settings()).await.unwrap(),
            Backend::Local | Backend::Nats(_) | Backend::Container(_) => worker.clone(),
        };
        Handles { worker, operator }
    }

    /// Whether what was acknowledged stays so when the bus is killed. nats-server writes acknowledgements to disk a
    /// little later than it answers them, so that messages may come again.
    pub fn syncs_acks(&self) -> bool {
        !matches!(self.backend, Backend::Nats(_) | Backend::Container(_))
    }

    /// Closes the bus, kills the server where there is one, and opens it again.
    pub async fn restart(&self, bus: Bus) -> Bus {
        bus.close().await.unwrap();
        drop(bus);
        match &self.backend {
            Backend::Nats(server) => server.lock().await.restart().await,
            Backend::Container(server) => server.restart().await,
            Backend::Local | Backend::Socket => {}
        }
        self.open().await
    }
}

pub fn settings() -> Settings {
    Settings { timeout: Duration::from_secs(20), ..Settings::default() }
}

/// A consumer on terms under which no message comes again by itself during a test.
pub fn patient(name: &str) -> ConsumerSpec {
    ConsumerSpec { ack_wait: DEADLINE, ..ConsumerSpec::named(name) }
}

/// A consumer whose messages come again soon.
pub fn impatient(name: &str) -> ConsumerSpec {
    ConsumerSpec { ack_wait: ACK_WAIT, ..ConsumerSpec::named(name) }
}

/// A chunk that no other is equal to.
pub fn chunk(number: usize) -> EventChunk {
    let event = format!(r#"{{"auditID":"{number}"}}"#);
    EventChunk {
        cluster: "test".into(),
        received_unix_nanos: 1,
        events: vec![event.into()],
        ..EventChunk::default()
    }
}

pub fn alert(number: usize) -> Alert {
    let id = bus::Id::of([number.to_le_bytes().as_slice()]).to_string();
    Alert { id, rule: format!("rule {number}"), ..Alert::default() }
}

/// Bytes that do not compress.
pub fn noise(length: usize, seed: u8) -> bytes::Bytes {
    let mut noise = vec![0; length];
    blake3::Hasher::new().update(&[seed]).finalize_xof().fill(&mut noise);
    noise.into()
}

pub async fn publish_chunks(bus: &Bus, numbers: impl IntoIterator<Item = usize>) {
    for number in numbers {
        assert!(!bus.publish(&chunk(number)).await.unwrap().duplicate);
    }
}

pub async fn next<M: Content>(consumer: &mut Consumer<M>) -> Delivery<M> {
    within(consumer.next()).await.unwrap()
}

/// What a reader still reads.
pub async fn rest<M: Content>(mut reader: Reader<M>) -> Vec<Stored<M>> {
    let mut read = Vec::new();
    while let Some(stored) = within(reader.next()).await.unwrap() {
        read.push(stored);
    }
    read
}

/// Asserts that a consumer has settled all there is.
pub async fn assert_all_settled(bus: &Bus, stream: bus::Stream, consumer: &str) {
    eventually(async || {
        let status = bus.status(stream).await.unwrap();
        let found = status.consumers.iter().find(|status| status.name == consumer).unwrap();
        (found.pending, found.unsettled) == (0, 0)
    })
    .await;
}

/// Waits until a condition holds.
pub async fn eventually(condition: impl AsyncFn() -> bool) {
    within(async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// Fails where something takes too long.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("nothing for {DEADLINE:?}"))
}
