//! Rules that are pushed onto the bus.

use evaluator::pushed::{Draft, push, pushed};
use proto::bus::v1::PushedRules;
use rules::SourceFile;
use service::admin::State;

use crate::support::{Line, Place, rules};

async fn push_text(place: &Place, text: &str) -> u64 {
    let files = vec![SourceFile { name: "pushed.yaml".into(), text: text.to_owned() }];
    let draft = Draft { files, message: "m".into(), pushed_by: "alice@vm".into(), pushed_unix_nanos: 7 };
    let made = push(&place.bus, draft).await.unwrap();
    assert_eq!(pushed(&place.bus).await.unwrap().unwrap(), made);
    made.generation
}

async fn until_generation(line: &Line, generation: u64) {
    line.until_ready(&format!("with generation {generation} of the bus")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_rules_no_event_is_taken_until_some_are_pushed() {
    let place = Place::new().await;
    let mut line = place.start(&["bus"], "20ms").await;
    line.publish(1).await;
    line.until(|state| matches!(state, State::Waiting(text) if text.contains("saker rules push"))).await;
    assert_eq!(line.readiness().await, 503);
    assert!(!line.is_touched().await, "whoever takes an event without rules loses it");

    let generation = push_text(&place, &rules("one")).await;
    until_generation(&line, generation).await;
    assert_eq!(line.next_alert().await.message, "one 1 /1");
    assert_eq!(line.readiness().await, 200);
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pushed_rules_come_where_the_sources_say_bus() {
    let place = Place::new().await;
    place.write("own.yaml", &rules("own"));
    let mut line = place.start(&["own.yaml", "bus"], "0s").await;
    assert_eq!(line.judge(1).await.message, "own 1 /1", "nothing has been pushed, which is no mistake");

    let disable = "- rule: Got own\n  enabled: false\n  override: {enabled: replace}\n";
    let first = push_text(&place, &[disable, &rules("one")].concat()).await;
    until_generation(&line, first).await;
    assert_eq!(line.judge(2).await.message, "one 2 /2");

    // Whoever is told of bad rules keeps the good ones.
    let bad = push_text(&place, &rules("two").replace("ka.verb", "ka.vreb")).await;
    line.until_rejected("bus:pushed.yaml:3:").await;
    assert!(bad > first);
    assert_eq!(line.judge(3).await.message, "one 3 /3");

    // The same rules anew: another generation, and all is well.
    let again = push_text(&place, &[disable, &rules("one")].concat()).await;
    until_generation(&line, again).await;
    let info = format!("generation=\"{again}\"}}");
    let digest = line.judge(4).await.ruleset;
    assert_eq!(line.metric(&format!("ruleset_info{{digest=\"{digest}\",{info}")).await.as_deref(), Some("1"));

    // Only a push changes rules.
    place.bus.bucket("rules").delete("pushed").await.unwrap();
    line.reload.request();
    assert_eq!(line.judge(5).await.message, "one 5 /5");
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_rejected_and_at_the_start_waited_for() {
    let place = Place::new().await;
    place.write("own.yaml", &rules("own"));
    let newer = PushedRules { format: 2, ..PushedRules::default() };
    let newer = prost::Message::encode_to_vec(&newer);
    let mut line = place.start(&["own.yaml", "bus"], "0s").await;
    assert_eq!(line.judge(1).await.message, "own 1 /1");
    place.bus.bucket("rules").put("pushed", newer).await.unwrap();
    line.until_rejected("format 2, which this version").await;
    assert_eq!(line.judge(2).await.message, "own 2 /2");
    line.stop().await;

    // Falling back to the files alone would be fewer rules than were in force, without a word.
    let mut line = place.start(&["own.yaml", "bus"], "0s").await;
    line.publish(3).await;
    line.until(|state| matches!(state, State::Waiting(text) if text.contains("update it"))).await;
    let generation = push_text(&place, "- list: none_of_my_own\n  items: []\n").await;
    until_generation(&line, generation).await;
    let messages = [line.next_alert().await, line.next_alert().await, line.next_alert().await];
    assert_eq!(messages.map(|alert| alert.message), ["own 1 /1", "own 2 /2", "own 1 /3"]);
    line.stop().await;
}
