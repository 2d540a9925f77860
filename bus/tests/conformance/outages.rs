//! The bus away, and back again. Only a server can be away: a local store is where its process is.

use bus::{Bus, Stream};
use proto::events::v1::EventChunk;

use crate::nats_server::NatsServer;
use crate::support::{assert_all_settled, chunk, next, patient, publish_chunks, settings, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_waits_while_the_server_is_away() {
    let mut server = NatsServer::start().await;
    let settings = bus::Settings { timeout: std::time::Duration::from_secs(1), ..settings() };
    let bus = Bus::open(&server.url().parse().unwrap(), &settings).await.unwrap();
    publish_chunks(&bus, [1]).await;
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    let waiting = tokio::spawn(async move {
        let delivery = next(&mut consumer).await;
        let message = delivery.message().clone();
        delivery.ack().await.unwrap();
        (message, consumer)
    });
    server.kill();
    let refused = bus.publish(&chunk(2)).await.unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    server.restart().await;
    within(async { while bus.publish(&chunk(2)).await.is_err() {} }).await;
    let (message, _consumer) = within(waiting).await.unwrap();
    assert_eq!(message, chunk(2));
    assert_all_settled(&bus, Stream::Events, "worker").await;
    assert_eq!(bus.status(Stream::Events).await.unwrap().messages, 2);
}
