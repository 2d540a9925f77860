//! A server on a bus of its own, and what clients read from it.

use std::path::Path;
use std::time::{Duration, Instant};

use bus::{Address, Bus, Id, Reason, Start, Stream};
use notifier::grpc::{Grpc, Listen};
use proto::alerts::v1::alerts_client::AlertsClient;
use proto::alerts::v1::subscribe_response::Event;
use proto::alerts::v1::value::Kind;
use proto::alerts::v1::{Alert, Field, Priority, SubscribeRequest, Value, start};
use serde_json::json;
use service::Shutdown;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

/// How long anything may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// A server under test.
pub struct Server {
    pub bus: Bus,
    pub listen: Listen,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

impl Server {
    /// On a bus in that directory, with these settings of `notifier.grpc`.
    pub async fn start(directory: &Path, settings: serde_json::Value) -> Self {
        let bus = Bus::open(&Address::Local(directory.join("bus")), &bus::Settings::default()).await.unwrap();
        Self::start_on(bus, settings).await
    }

    pub async fn start_on(bus: Bus, mut settings: serde_json::Value) -> Self {
        let table = settings.as_object_mut().unwrap();
        table.entry("listen").or_insert(json!("127.0.0.1:0"));
        let settings = serde_json::from_value(json!({"sinks": {}, "grpc": settings})).unwrap();
        let grpc = Grpc::bind(&settings, bus.clone()).await.unwrap().unwrap();
        let (listen, shutdown) = (grpc.listens_at().clone(), Shutdown::new());
        let task = tokio::spawn(grpc.serve(shutdown.clone()));
        Self { bus, listen, shutdown, task }
    }

    pub async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.listen)).unwrap().connect().await.unwrap()
    }

    pub async fn client(&self) -> AlertsClient<Channel> {
        AlertsClient::new(self.channel().await)
    }

    pub async fn subscribe(&self, request: SubscribeRequest) -> Subscriber {
        let stream = self.client().await.subscribe(request).await.unwrap().into_inner();
        Subscriber { stream }
    }

    /// What a subscription is refused with, at once or on its stream.
    pub async fn refused(&self, request: SubscribeRequest) -> Status {
        match self.client().await.subscribe(request).await {
            Err(status) => status,
            Ok(stream) => {
                let mut subscriber = Subscriber { stream: stream.into_inner() };
                loop {
                    if let Err(status) = subscriber.next().await {
                        return status;
                    }
                }
            }
        }
    }

    /// Asks it to stop.
    pub fn stop(&self) {
        self.shutdown.request();
    }

    /// Waits until it has, and gives its bus back.
    pub async fn stopped(self) -> Bus {
        self.stop();
        self.task.await.unwrap();
        self.bus
    }
}

/// A client's stream.
pub struct Subscriber {
    pub stream: Streaming<proto::alerts::v1::SubscribeResponse>,
}

impl Subscriber {
    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Event>, Status> {
        let next = timeout(DEADLINE, self.stream.message()).await.expect("waited in vain for an event");
        Ok(next?.map(|response| response.event.unwrap()))
    }

    /// The next event that is no heartbeat.
    pub async fn event(&mut self) -> Event {
        loop {
            match self.next().await.unwrap().expect("the stream has ended") {
                Event::Heartbeat(_) => {}
                event => return event,
            }
        }
    }

    /// The numbers of the next alerts, and the cursor of the last.
    pub async fn numbers(&mut self, count: usize) -> (Vec<usize>, Vec<u8>) {
        let (mut numbers, mut cursor) = (Vec::new(), Vec::new());
        while numbers.len() < count {
            match self.event().await {
                Event::Alert(delivered) => {
                    numbers.push(number(&delivered.alert.unwrap()));
                    cursor = delivered.cursor.to_vec();
                }
                other => panic!("{other:?} after {numbers:?}"),
            }
        }
        (numbers, cursor)
    }

    /// The numbers of all alerts until the stream ends.
    pub async fn rest(&mut self) -> Vec<usize> {
        let mut numbers = Vec::new();
        while let Some(event) = self.next().await.unwrap() {
            match event {
                Event::Alert(delivered) => numbers.push(number(&delivered.alert.unwrap())),
                Event::Heartbeat(_) => {}
                other => panic!("{other:?}"),
            }
        }
        numbers
    }
}

/// A request that starts there.
pub fn from(at: start::At) -> SubscribeRequest {
    let start = Some(proto::alerts::v1::Start { at: Some(at) });
    SubscribeRequest { start, ..SubscribeRequest::default() }
}

/// The alert of that number, in one of two clusters.
pub fn alert(number: usize) -> Alert {
    let text = |name: &str, text: String| Field {
        name: name.into(),
        value: Some(Value { kind: Some(Kind::Text(text)) }),
    };
    Alert {
        id: Id::of([number.to_string().as_bytes()]).to_string(),
        cluster: if number.is_multiple_of(2) { "even" } else { "odd" }.into(),
        ruleset: "0123abcd".into(),
        rule: format!("Rule {}", number % 10),
        priority: if number.is_multiple_of(5) { Priority::Critical } else { Priority::Notice }.into(),
        source: "k8s_audit".into(),
        tags: vec!["k8s".into()],
        message: format!("alert {number}"),
        fields: vec![
            text("ka.target.namespace", format!("ns-{}", number % 3)),
            text("ka.user.name", "alice".into()),
        ],
        hostname: "vm".into(),
        ..Alert::default()
    }
}

pub fn number(alert: &Alert) -> usize {
    alert.message.strip_prefix("alert ").unwrap().parse().unwrap()
}

pub async fn publish(bus: &Bus, numbers: impl IntoIterator<Item = usize>) {
    for number in numbers {
        bus.publish(&alert(number)).await.unwrap();
    }
}

/// Puts an alert back for one consumer, as an operator does with a dead letter.
pub async fn replay_one(bus: &Bus, number: usize) {
    let mut consumer = bus.consume::<Alert>(bus::ConsumerSpec::named("sink-picky")).await.unwrap();
    loop {
        let delivery = consumer.next().await.unwrap();
        if delivery.message().message == format!("alert {number}") {
            delivery.reject(Reason::new("refused", "not today")).await.unwrap();
            break;
        }
        delivery.ack().await.unwrap();
    }
    let letter = bus.dead_letters().list(Start::Earliest).await.unwrap().next().await.unwrap().unwrap();
    bus.dead_letters().replay(letter.id).await.unwrap().unwrap();
    drop(consumer);
    until("the consumer is gone", async || bus.forget(Stream::Alerts, "sink-picky").await.ok()).await;
}

/// Waits until `found` gives something.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut found: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
