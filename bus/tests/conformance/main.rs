//! What the bus promises, held against every backend: the same tests for a local store, for a real nats-server, for one
//! in a container, and, as far as an operator goes, for a local store that another handle holds.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests: whatever fails fails the test"
)]

mod dead_letters;
mod delivering;
mod keys;
mod limits;
mod nats_container;
#[path = "../nats_server.rs"]
mod nats_server;
mod outages;
mod reading;
mod support;
mod traces;

/// Each test, once for each backend.
macro_rules! conformance {
    ($backend:ident: $($module:ident { $($test:ident)* })*) => {
        mod $backend {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let place = crate::support::Place::of(stringify!($backend)).await;
                    let Some(place) = place else { return };
                    crate::support::within(crate::$module::$test(&place)).await;
                })*
            })*
        }
    };
}

/// The backends that hold a store themselves.
macro_rules! owning {
    ($($backend:ident)*) => {
        $(conformance! { $backend:
            delivering {
                a_message_is_delivered_and_settled
                a_message_may_be_for_one_consumer
                what_is_sent_twice_is_stored_once
                a_dropped_message_comes_again
                a_message_not_settled_in_time_goes_to_another_worker
                a_message_being_worked_at_stays
                a_message_put_off_comes_later
                workers_share_a_consumer
                consumers_each_get_every_message
                progress_survives_a_restart
                large_messages_pass
                waiting_can_be_cancelled
            }
            reading {
                messages_are_read_from_any_place
                a_follower_sees_what_comes
                messages_are_found_by_id
                status_tells_the_lag
            }
            dead_letters {
                a_rejected_message_is_kept_with_its_reason
                a_dead_letter_can_be_dropped
                a_replayed_message_goes_to_who_rejected_it
                what_is_no_message_cannot_be_replayed
            }
            keys {
                keys_are_set_and_unset
                a_key_is_written_only_at_its_revision
        a_key_is_unset_only_at_its_revision
        all_keys_are_listed
                a_watcher_sees_what_is_and_what_changes
            }
            limits {
                no_more_are_unsettled_than_may_be
                a_full_stream_refuses_and_loses_nothing
                trimming_spares_what_is_unsettled
                a_forgotten_consumer_holds_back_nothing
                a_consumer_at_work_is_not_forgotten
                trimming_spares_events_that_nobody_has_asked_for_yet
                names_are_checked
            }
            traces {
                a_message_brings_its_trace
                a_trace_makes_no_other_message
            }
        })*
    };
}

owning! { local nats container }

conformance! { socket:
    reading {
        messages_are_read_from_any_place
        a_follower_sees_what_comes
        messages_are_found_by_id
        status_tells_the_lag
    }
    dead_letters {
        a_rejected_message_is_kept_with_its_reason
        a_dead_letter_can_be_dropped
        a_replayed_message_goes_to_who_rejected_it
        what_is_no_message_cannot_be_replayed
    }
    keys {
        keys_are_set_and_unset
        a_key_is_written_only_at_its_revision
        a_key_is_unset_only_at_its_revision
        all_keys_are_listed
        a_watcher_sees_what_is_and_what_changes
    }
}
