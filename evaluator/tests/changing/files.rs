//! Files that change.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{Place, digest_of, rules};

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_taken_and_numbers_go_on() {
    let place = Place::new().await;
    place.write("rules.yaml", &rules("one"));
    let mut line = place.start(&["rules.yaml"], "20ms").await;
    let first = line.judge(1).await;
    assert_eq!(first.message, "one 1 /1");
    assert_eq!(first.ruleset, digest_of(&place.path("rules.yaml")));

    place.write("rules.yaml", &rules("two"));
    let digest = digest_of(&place.path("rules.yaml"));
    line.until_ready(&digest).await;
    let second = line.judge(2).await;
    assert_eq!((second.message.as_str(), second.ruleset.as_str()), ("two 2 /2", digest.as_str()));
    assert_eq!(line.metric("rule_matches_total{rule=\"Got two\"}").await.as_deref(), Some("1"));
    assert_eq!(line.metric("rule_matches_total{rule=\"Got one\"}").await, None, "it is gone");
    assert_eq!(line.metric("events_total").await.as_deref(), Some("2"));
    let info = format!("ruleset_info{{digest=\"{digest}\",generation=\"\"}}");
    assert_eq!(line.metric(&info).await.as_deref(), Some("1"));
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_changes_nothing_but_what_is_said() {
    let place = Place::new().await;
    place.write("rules.yaml", &rules("one"));
    let mut line = place.start(&["rules.yaml"], "20ms").await;
    assert_eq!(line.judge(1).await.message, "one 1 /1");
    let digest = digest_of(&place.path("rules.yaml"));

    place.write("rules.yaml", &rules("two").replace("ka.verb", "ka.vreb"));
    let says = line.until_rejected("rules.yaml:3:").await;
    assert!(says.contains("ka.vreb") && says.contains(&digest), "{says}");
    assert_eq!(line.readiness().await, 200, "it works, with the rules that were good");
    assert_eq!(line.metric("rules_rejected").await.as_deref(), Some("1"));
    assert_eq!(line.metric("reloads_total{result=\"failed\"}").await.as_deref(), Some("1"));
    assert_eq!(line.judge(2).await.message, "one 2 /2");

    // Emptied is rejected, too: more likely a mishap than a wish.
    place.write("rules.yaml", "");
    line.until_rejected("no rule any more").await;
    fs::remove_file(place.path("rules.yaml")).unwrap();
    line.until_rejected("No such file").await;
    assert_eq!(line.judge(3).await.message, "one 3 /3");

    place.write("rules.yaml", &rules("one"));
    line.until_ready(&digest).await;
    assert_eq!(line.metric("rules_rejected").await.as_deref(), Some("0"));
    place.write("rules.yaml", &rules("two"));
    line.until_ready(&digest_of(&place.path("rules.yaml"))).await;
    assert_eq!(line.judge(4).await.message, "two 4 /4");
    assert_eq!(line.metric("reloads_total{result=\"ok\"}").await.as_deref(), Some("2"));
    line.stop().await;
}

/// As kubelet mounts a ConfigMap: names that are links through one link, which is replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_swapped_is_a_change() {
    let place = Place::new().await;
    place.write("mount/..1/a.yaml", &rules("one"));
    place.write("mount/..2/a.yaml", &rules("two"));
    place.write("mount/..2/b.yaml", &rules("more"));
    symlink("..1", place.path("mount/..data")).unwrap();
    symlink("..data/a.yaml", place.path("mount/a.yaml")).unwrap();
    let mut line = place.start(&["mount"], "20ms").await;
    assert_eq!(line.judge(1).await.message, "one 1 /1");

    symlink("..2", place.path("mount/..data_tmp")).unwrap();
    fs::rename(place.path("mount/..data_tmp"), place.path("mount/..data")).unwrap();
    symlink("..data/b.yaml", place.path("mount/b.yaml")).unwrap();
    fs::remove_dir_all(place.path("mount/..1")).unwrap();
    line.until_ready(&digest_of(&place.path("mount"))).await;
    assert_eq!(line.judge(2).await.message, "two 2 /2");
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_directory_come_and_go_but_not_the_last() {
    let place = Place::new().await;
    place.write("rules.d/b.yaml", &rules("b"));
    let mut line = place.start(&["rules.d"], "20ms").await;
    assert_eq!(line.judge(1).await.message, "b 1 /1");
    place.write("rules.d/a.yaml", &rules("a"));
    line.until_ready(&digest_of(&place.path("rules.d"))).await;
    assert_eq!(line.judge(2).await.message, "a 2 /2");
    fs::remove_file(place.path("rules.d/b.yaml")).unwrap();
    line.until_ready(&digest_of(&place.path("rules.d"))).await;
    fs::remove_file(place.path("rules.d/a.yaml")).unwrap();
    line.until_rejected("there are no rules").await;
    assert_eq!(line.judge(3).await.message, "a 3 /3");
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_clock_files_are_looked_at_when_somebody_asks() {
    let place = Place::new().await;
    place.write("rules.yaml", &rules("one"));
    let mut line = place.start(&["rules.yaml"], "0s").await;
    assert_eq!(line.judge(1).await.message, "one 1 /1");
    place.write("rules.yaml", &rules("two"));
    assert_eq!(line.judge(2).await.message, "one 2 /2");
    line.reload.request();
    line.until_ready(&digest_of(&place.path("rules.yaml"))).await;
    assert_eq!(line.judge(3).await.message, "two 3 /3");
    line.stop().await;
}
