//! `List`, `Get` and `ServerStatus`.

use proto::alerts::v1::{Filter, GetRequest, ListRequest, ServerStatusRequest};
use serde_json::json;
use tonic::Code;

use crate::support::{Server, alert, number, publish, replay_one};

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_each_alert_once() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    publish(&server.bus, 0..50).await;
    replay_one(&server.bus, 7).await;
    let mut client = server.client().await;
    let (mut numbers, mut pages, mut page_token) = (Vec::new(), 0, bytes::Bytes::new());
    loop {
        let filter = Some(Filter { clusters: vec!["odd".into()], ..Filter::default() });
        let request = ListRequest { page_size: 4, page_token, filter, ..ListRequest::default() };
        let page = client.list(request).await.unwrap().into_inner();
        assert!(page.alerts.len() <= 4);
        numbers.extend(page.alerts.iter().map(|delivered| number(delivered.alert.as_ref().unwrap())));
        pages += 1;
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(numbers, (0..50).filter(|number| number % 2 == 1).collect::<Vec<_>>());
    assert_eq!(pages, 7);
    let too_large = client.list(ListRequest { page_size: 1001, ..ListRequest::default() }).await;
    assert_eq!(too_large.unwrap_err().code(), Code::InvalidArgument);
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_found_by_its_id_and_the_status_says_what_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    publish(&server.bus, 0..5).await;
    let mut client = server.client().await;
    let found = client.get(GetRequest { id: alert(3).id }).await.unwrap().into_inner();
    assert_eq!(found.alert.unwrap().alert.unwrap(), alert(3));
    let absent = client.get(GetRequest { id: alert(99).id }).await.unwrap_err();
    assert_eq!(absent.code(), Code::NotFound);
    let wrong = client.get(GetRequest { id: "x".into() }).await.unwrap_err();
    assert_eq!(wrong.code(), Code::InvalidArgument);
    let status = client.server_status(ServerStatusRequest {}).await.unwrap().into_inner();
    assert_eq!((status.messages, status.subscribers, status.consumers.len()), (5, 0, 0));
    assert_eq!(status.retention.unwrap().seconds, 24 * 60 * 60);
    assert_eq!(status.version, env!("CARGO_PKG_VERSION"));
    server.stopped().await;
}
