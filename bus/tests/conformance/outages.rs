//! The bus away, and back again. Only a server can be away: a local store is where its process is.

use bus::{Bus, Stream};
use proto::events::v1::EventChunk;

use crate::nats_server::NatsServer;
use crate::support::{assert_all_settled, chunk, impatient, next, publish_chunks, settings, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_waits_while_the_server_is_away() {
    let mut server = NatsServer::start().await;
    let settings = bus::Settings { timeout: std::time::Duration::from_secs(1), ..settings() };
    let bus = Bus::open(&server.url().parse().unwrap(), &settings).await.unwrap();
    publish_chunks(&bus, [1]).await;
    let mut consumer = bus.consume::<EventChunk>(impatient("worker")).await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    let (given, mut messages) = tokio::sync::mpsc::channel(8);
    let _worker = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            let delivery = next(&mut consumer).await;
            given.send(delivery.message().clone()).await.unwrap();
            delivery.ack().await.unwrap();
        }
    }));
    server.kill();
    let refused = bus.publish(&chunk(2)).await.unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    server.restart().await;
    within(async { while bus.publish(&chunk(2)).await.is_err() {} }).await;
    // A message whose acknowledgement the server had not yet written comes again too.
    while within(messages.recv()).await.unwrap() != chunk(2) {}
    assert_all_settled(&bus, Stream::Events, "worker").await;
    assert_eq!(bus.status(Stream::Events).await.unwrap().messages, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_known_whether_the_server_can_be_reached() {
    let mut server = NatsServer::start().await;
    let bus = Bus::open(&server.url().parse().unwrap(), &settings()).await.unwrap();
    let mut reachable = bus.reachable();
    for _ in 0..2 {
        within(reachable.wait_for(|reachable| *reachable)).await.unwrap();
        server.kill();
        within(reachable.wait_for(|reachable| !*reachable)).await.unwrap();
        server.restart().await;
    }
    within(reachable.wait_for(|reachable| *reachable)).await.unwrap();
    bus.close().await.unwrap();
}
