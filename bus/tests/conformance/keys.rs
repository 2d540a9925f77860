//! Keys and values.

use bus::{Entry, Watch};

use crate::support::{Place, within};

fn entry(key: &str, value: Option<&'static str>, revision: u64) -> Entry {
    Entry { key: key.into(), value: value.map(Into::into), revision }
}

async fn next(watch: &mut Watch) -> Entry {
    within(watch.next()).await.unwrap().unwrap()
}

pub async fn keys_are_set_and_unset(place: &Place) {
    let handles = place.open_both().await;
    let (mine, theirs) = (handles.operator.bucket("rules"), handles.worker.bucket("rules"));
    assert_eq!(mine.get("prod/a.b=c").await.unwrap(), None);
    let first = mine.put("prod/a.b=c", "one").await.unwrap();
    let second = mine.put("prod/a.b=c", "two").await.unwrap();
    assert!(second > first);
    assert_eq!(theirs.get("prod/a.b=c").await.unwrap(), Some(entry("prod/a.b=c", Some("two"), second)));
    assert_eq!(handles.worker.bucket("others").get("prod/a.b=c").await.unwrap(), None);
    theirs.delete("prod/a.b=c").await.unwrap();
    assert_eq!(mine.get("prod/a.b=c").await.unwrap(), None);
    assert!(mine.put("prod/a.b=c", "").await.unwrap() > second);
    assert_eq!(mine.get("prod/a.b=c").await.unwrap().unwrap().value.as_deref(), Some([].as_slice()));
}

pub async fn a_key_is_written_only_at_its_revision(place: &Place) {
    let handles = place.open_both().await;
    let bucket = handles.operator.bucket("state");
    let first = bucket.put_if("key", "one", 0).await.unwrap().unwrap();
    assert_eq!(bucket.put_if("key", "two", 0).await.unwrap(), None);
    let second = bucket.put_if("key", "two", first).await.unwrap().unwrap();
    assert_eq!(bucket.put_if("key", "three", first).await.unwrap(), None);
    assert_eq!(bucket.get("key").await.unwrap(), Some(entry("key", Some("two"), second)));
    bucket.delete("key").await.unwrap();
    assert_eq!(bucket.put_if("key", "four", second).await.unwrap(), None);
    assert!(bucket.put_if("key", "four", 0).await.unwrap().unwrap() > second);

    // Of many who try at once, one succeeds.
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let bucket = bucket.clone();
        writers.spawn(async move { bucket.put_if("race", format!("{number}"), 0).await.unwrap() });
    }
    let won = writers.join_all().await.into_iter().flatten().count();
    assert_eq!(won, 1);
}

pub async fn all_keys_are_listed(place: &Place) {
    let handles = place.open_both().await;
    let (mine, theirs) = (handles.operator.bucket("state"), handles.worker.bucket("state"));
    assert!(mine.entries().await.unwrap().is_empty());
    let mut watch = theirs.watch().await.unwrap();
    for number in 0..20 {
        theirs.put(&format!("key.{number}"), format!("{number}")).await.unwrap();
    }
    theirs.delete("key.7").await.unwrap();
    let last = theirs.put("key.3", "changed").await.unwrap();
    let entries = mine.entries().await.unwrap();
    assert_eq!(entries.len(), 19);
    assert_eq!(entries["key.3"], entry("key.3", Some("changed"), last));
    assert!(!entries.contains_key("key.7"));
    // Who watches is not told that somebody listed.
    mine.put("key.last", "x").await.unwrap();
    let mut seen = Vec::new();
    while seen.last().is_none_or(|key| key != "key.last") {
        seen.push(next(&mut watch).await.key);
    }
    assert!(seen.iter().all(|key| key.starts_with("key.")), "{seen:?}");
    assert_eq!(theirs.entries().await.unwrap().len(), 20);
}

pub async fn a_key_is_unset_only_at_its_revision(place: &Place) {
    let handles = place.open_both().await;
    let bucket = handles.operator.bucket("state");
    let first = bucket.put("key", "one").await.unwrap();
    let second = bucket.put("key", "two").await.unwrap();
    assert!(!bucket.delete_if("key", first).await.unwrap());
    assert!(bucket.delete_if("key", second).await.unwrap());
    assert_eq!(bucket.get("key").await.unwrap(), None);
}

pub async fn a_watcher_sees_what_is_and_what_changes(place: &Place) {
    let handles = place.open_both().await;
    let (mine, theirs) = (handles.operator.bucket("rules"), handles.worker.bucket("rules"));
    let left = theirs.put("left", "1").await.unwrap();
    let right = theirs.put("right", "2").await.unwrap();
    theirs.put("gone", "3").await.unwrap();
    theirs.delete("gone").await.unwrap();
    let mut watch = mine.watch().await.unwrap();
    let mut first = [next(&mut watch).await, next(&mut watch).await];
    first.sort_by_key(|entry| entry.revision);
    assert_eq!(first, [entry("left", Some("1"), left), entry("right", Some("2"), right)]);
    let changed = theirs.put("left", "4").await.unwrap();
    assert_eq!(next(&mut watch).await, entry("left", Some("4"), changed));
    theirs.delete("right").await.unwrap();
    let deleted = next(&mut watch).await;
    assert_eq!((deleted.key.as_str(), deleted.value), ("right", None));
    assert!(deleted.revision > changed);
    handles.worker.bucket("others").put("left", "5").await.unwrap();
    let new = mine.put("new", "6").await.unwrap();
    assert_eq!(next(&mut watch).await, entry("new", Some("6"), new));
}
