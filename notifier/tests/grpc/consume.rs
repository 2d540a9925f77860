//! `Consume`: a named consumer is shared, and each alert comes again until it is acknowledged.

use std::collections::BTreeSet;
use std::time::Duration;

use bus::Stream;
use proto::alerts::v1::consume_request::{Nack, Open, Request, Settle};
use proto::alerts::v1::consume_response::Event;
use proto::alerts::v1::{ConsumeRequest, Filter, ForgetRequest};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use crate::support::{Server, number, publish, until};

struct Worker {
    say: mpsc::Sender<ConsumeRequest>,
    stream: Streaming<proto::alerts::v1::ConsumeResponse>,
    /// How many alerts the bus is known to have settled: that is told whenever it happens.
    settled: usize,
}

fn open(name: &str, credits: u32) -> Open {
    Open { name: name.into(), credits, ..Open::default() }
}

impl Worker {
    async fn start(server: &Server, open: Open) -> Self {
        let (say, said) = mpsc::channel(64);
        say.send(ConsumeRequest { request: Some(Request::Open(open)) }).await.unwrap();
        let stream = server.client().await.consume(ReceiverStream::new(said)).await.unwrap().into_inner();
        Self { say, stream, settled: 0 }
    }

    async fn say(&self, request: Request) {
        self.say.send(ConsumeRequest { request: Some(request) }).await.unwrap();
    }

    async fn ack(&self, cursor: &bytes::Bytes) {
        self.say(Request::Ack(Settle { cursors: vec![cursor.clone()] })).await;
    }

    async fn next(&mut self) -> Result<Option<Event>, Status> {
        let next = timeout(Duration::from_secs(30), self.stream.message()).await.expect("waited in vain");
        Ok(next?.map(|response| response.event.unwrap()))
    }

    /// The next alert: its number, its cursor and which attempt it is.
    async fn alert(&mut self) -> (usize, bytes::Bytes, u64) {
        loop {
            match self.next().await.unwrap().expect("the stream has ended") {
                Event::Alert(delivered) => {
                    return (number(&delivered.alert.unwrap()), delivered.cursor, delivered.attempt);
                }
                Event::Settled(cursors) => self.settled += cursors.cursors.len(),
                Event::Heartbeat(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits until so many are settled in all.
    async fn settled(&mut self, count: usize) {
        while self.settled < count {
            if let Event::Settled(cursors) = self.next().await.unwrap().expect("the stream has ended") {
                self.settled += cursors.cursors.len();
            }
        }
    }
}

async fn all_are_settled(server: &Server, consumer: &str) {
    until("all are settled", async || {
        let consumers = server.bus.status(Stream::Alerts).await.unwrap().consumers;
        let consumer = consumers.into_iter().find(|known| known.name == consumer)?;
        (consumer.pending == 0 && consumer.unsettled == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_acknowledged_does_not_come_again_and_all_else_does() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    publish(&server.bus, 0..10).await;
    let mut worker = Worker::start(&server, open("archive", 4)).await;
    let mut held = Vec::new();
    for expected in 0..4 {
        let (number, cursor, attempt) = worker.alert().await;
        assert_eq!((number, attempt), (expected, 1));
        held.push(cursor);
    }
    let more = timeout(Duration::from_millis(300), worker.stream.message()).await;
    assert!(more.is_err(), "no more than its credits: {more:?}");
    worker.say(Request::Credit(1)).await;
    assert_eq!(worker.alert().await.0, 4);
    worker.ack(&held[0]).await;
    worker.ack(&held[1]).await;
    worker.settled(2).await;
    let delay = Some(prost_types::Duration { seconds: 0, nanos: 50_000_000 });
    worker.say(Request::Nack(Nack { cursors: vec![held[2].clone()], delay })).await;
    drop(worker);

    let mut again = Worker::start(&server, open("archive", 100)).await;
    let mut numbers = BTreeSet::new();
    while numbers.len() < 8 {
        let (number, cursor, attempt) = again.alert().await;
        assert!(attempt > 1 || number >= 5, "alert {number} at its attempt {attempt}");
        assert!(numbers.insert(number));
        again.ack(&cursor).await;
    }
    assert_eq!(numbers, (2..10).collect());
    again.settled(8).await;
    all_are_settled(&server, "grpc-archive").await;
    server.stop();
    let last = again.next().await.unwrap();
    assert!(matches!(last, Some(Event::GoingAway(_))), "{last:?}");
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_share_and_what_is_not_wanted_is_done_with() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    let filter = Some(Filter { clusters: vec!["even".into()], ..Filter::default() });
    let opened = Open { filter, ..open("evens", 2) };
    let (mut one, mut two) =
        (Worker::start(&server, opened.clone()).await, Worker::start(&server, opened).await);
    publish(&server.bus, 0..100).await;
    let mut numbers = BTreeSet::new();
    while numbers.len() < 50 {
        tokio::select! {
            (number, cursor, _) = one.alert() => { assert!(numbers.insert(number)); one.ack(&cursor).await; }
            (number, cursor, _) = two.alert() => { assert!(numbers.insert(number)); two.ack(&cursor).await; }
        }
    }
    assert!(numbers.iter().all(|number| number % 2 == 0));
    all_are_settled(&server, "grpc-evens").await;
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_comes_again_unless_it_is_extended() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({"ack_wait": "2s"})).await;
    publish(&server.bus, 0..2).await;
    let mut worker = Worker::start(&server, open("slow", 2)).await;
    let (_, kept, _) = worker.alert().await;
    let (forgotten, _, _) = worker.alert().await;
    assert_eq!(forgotten, 1);
    let say = worker.say.clone();
    let extending = async {
        loop {
            let extend = Request::Extend(Settle { cursors: vec![kept.clone()] });
            say.send(ConsumeRequest { request: Some(extend) }).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let (number, cursor, attempt) = tokio::select! {
        alert = worker.alert() => alert,
        () = extending => unreachable!(),
    };
    assert_eq!((number, attempt), (1, 2), "and the other is still worked at");
    worker.ack(&cursor).await;
    worker.ack(&kept).await;
    worker.settled(2).await;
    all_are_settled(&server, "grpc-slow").await;
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consumers_are_bounded_and_can_be_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({"max_consumers_per_identity": 1})).await;
    let worker = Worker::start(&server, open("one", 1)).await;
    let refused = |open: Open| {
        let server = &server;
        async move {
            let request = ConsumeRequest { request: Some(Request::Open(open)) };
            let mut client = server.client().await;
            let answer = client.consume(tokio_stream::iter([request])).await;
            answer.map(drop).unwrap_err()
        }
    };
    let status = refused(open("two", 1)).await;
    assert!(status.message().contains("max_consumers_per_identity"), "{status}");
    let status = refused(open("a.b", 1)).await;
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    let forget = async |name: &str| {
        let mut client = server.client().await;
        client.forget(ForgetRequest { name: name.into() }).await.map(|answer| answer.into_inner().forgotten)
    };
    assert_eq!(forget("one").await.unwrap_err().code(), Code::FailedPrecondition, "somebody works for it");
    drop(worker);
    until("it is forgotten", async || forget("one").await.ok()).await;
    assert!(!forget("one").await.unwrap());
    server.stopped().await;
}
