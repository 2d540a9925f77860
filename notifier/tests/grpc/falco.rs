//! Falco's own services.

use std::time::Duration;

use futures::StreamExt;
use proto::falco::output::service_client::ServiceClient as Output;
use proto::falco::outputs::service_client::ServiceClient as Outputs;
use proto::falco::version::service_client::ServiceClient as Version;
use proto::falco::{output, outputs, version};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;

use crate::support::{Server, publish};

#[tokio::test(flavor = "multi_thread")]
async fn get_gives_what_is_kept_to_each_client_and_ends() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    publish(&server.bus, 0..20).await;
    for _ in 0..2 {
        let mut client = Outputs::new(server.channel().await);
        let alerts = client.get(outputs::Request {}).await.unwrap().into_inner();
        let alerts: Vec<_> = alerts.map(Result::unwrap).collect().await;
        assert_eq!(alerts.len(), 20);
        assert_eq!(alerts[5].output, "00:00:00.000000000: Critical alert 5");
        assert_eq!((alerts[5].priority, alerts[1].priority), (2, 5));
        let mut older = Output::new(server.channel().await);
        let alerts = older.subscribe(output::Request { keepalive: false }).await.unwrap().into_inner();
        assert_eq!(alerts.count().await, 20);
    }
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sub_pushes_what_comes_whatever_the_client_says() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    publish(&server.bus, 0..5).await;
    let (say, said) = mpsc::channel(4);
    let mut client = Outputs::new(server.channel().await);
    let mut alerts = client.sub(ReceiverStream::new(said)).await.unwrap().into_inner();
    let mut older = Output::new(server.channel().await);
    let mut others = older.subscribe(output::Request { keepalive: true }).await.unwrap().into_inner();
    for number in 5..40 {
        say.send(outputs::Request {}).await.unwrap();
        publish(&server.bus, [number]).await;
        let alert = timeout(Duration::from_secs(10), alerts.message()).await.unwrap().unwrap().unwrap();
        assert!(alert.output.ends_with(&format!("alert {number}")), "{}", alert.output);
        let other = others.message().await.unwrap().unwrap();
        assert_eq!((other.output, other.source), (alert.output, 1));
    }
    drop(say);
    publish(&server.bus, [40]).await;
    assert!(
        alerts.message().await.unwrap().unwrap().output.ends_with("alert 40"),
        "half closed is not closed"
    );
    assert!(others.message().await.unwrap().unwrap().output.ends_with("alert 40"));
    server.stop();
    assert!(alerts.message().await.unwrap().is_none() && others.message().await.unwrap().is_none());
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_is_ours() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    let mut client = Version::new(server.channel().await);
    let version = client.version(version::Request {}).await.unwrap().into_inner();
    assert_eq!(version.version, env!("CARGO_PKG_VERSION"));
    server.stopped().await;
}
