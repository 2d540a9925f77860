//! Mail to a server that greylists, is busy, hangs, resets, or refuses for good.

use std::collections::{BTreeMap, BTreeSet};

use bus::{Start, Stream};
use serde_json::{Value, json};

use crate::mail_double::{Deed, Double};
use crate::support::{Running, open, publish, until};

fn sink(double: &Double) -> Value {
    json!({"sinks": {"mail": {
        "type": "smtp", "host": "127.0.0.1", "port": double.address.port(), "encryption": "none", "hello": "saker.test",
        "from": "saker@example.com", "to": ["ops@example.com"], "timeout": "300ms", "concurrency": 1,
        "retry": {"initial": "10ms", "max": "50ms"},
    }}})
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_misbehaves_gets_all_in_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let script = [
        Deed::Answer("RCPT", "450 greylisted"),
        Deed::Answer("MAIL", "421 too busy"),
        Deed::Answer("MAIL", "530 log in first"),
        Deed::Answer("DATA", "451 later"),
        Deed::Answer(".", "452 no space left"),
        Deed::Hang("RCPT"),
        Deed::Hang("DATA"),
        Deed::Reset("MAIL"),
        Deed::Reset("DATA"),
        Deed::TakeInSilence,
    ];
    let double = Double::start(script).await;
    let running = Running::start(&bus, sink(&double));
    publish(&bus, 0..30).await;
    let taken = until("all is taken", async || {
        let taken = double.taken();
        let ids: BTreeSet<&String> = taken.iter().collect();
        (ids.len() >= 30 && double.left() == 0).then(|| taken.clone())
    })
    .await;
    let mut times: BTreeMap<&String, usize> = BTreeMap::new();
    taken.iter().for_each(|id| *times.entry(id).or_default() += 1);
    let twice: Vec<_> = times.values().filter(|count| **count > 1).collect();
    assert_eq!(twice, [&2], "the one whose answer was lost, and its Message-ID tells");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_refuses_for_good_is_a_dead_letter() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let script = [Deed::Answer("RCPT", "550 no such user"), Deed::Answer(".", "554 looks like\tspam")];
    let double = Double::start(script).await;
    let running = Running::start(&bus, sink(&double));
    publish(&bus, 0..5).await;
    until("the others are taken", async || (double.taken().len() == 3).then_some(())).await;
    until("two are dead letters", async || {
        (bus.status(Stream::DeadLetters).await.unwrap().messages == 2).then_some(())
    })
    .await;
    let mut letters = bus.dead_letters().list(Start::Earliest).await.unwrap();
    let mut reasons = Vec::new();
    while let Some(letter) = letters.next().await.unwrap() {
        reasons.push(letter.message.reason);
    }
    assert_eq!(
        reasons,
        [
            "the server refused it for ops@example.com: permanent error (550): no such user",
            "the server refused it for ops@example.com: permanent error (554): looks like\\tspam",
        ]
    );
    running.stop().await;
}
