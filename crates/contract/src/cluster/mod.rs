//! The laws of what replicas share, or one process keeps in memory: events, presence, presence marks and limits.
//!
//! # How to add a law
//!
//! Every "MUST" of a port is a law. Write it in the module of its concept, name it with a sentence that holds for every
//! adapter, and list it in [`cluster_laws!`](crate::cluster_laws). Laws pass the time to presence marks; limits read a
//! running clock, so no law of limits may need it to stand still.

pub mod events;
pub mod limits;
pub mod marks;
pub mod presence;

mod fixtures;

use std::sync::Arc;

use domain::compat::ryos::PresenceMarks;
use domain::event::EventBus;
use domain::limit::Limits;
use domain::presence::Presence;

pub use fixtures::{SinkCall, TestSink, at, quotas, room, sink, user};

/// The adapters under test, as one replica uses them.
pub struct Shared {
    /// Publishes events, which arrive at the given sink.
    pub bus: Arc<dyn EventBus>,
    /// Presence by connections.
    pub presence: Arc<dyn Presence>,
    /// Presence by declaration.
    pub marks: Arc<dyn PresenceMarks>,
    /// Limits by the given quotas.
    pub limits: Arc<dyn Limits>,
}

/// Makes one test of each law. `$fresh` is an `async fn` that takes the sink and the quotas, and returns a fresh [`Shared`],
/// and a guard that lives as long.
#[macro_export]
macro_rules! cluster_laws {
    ($fresh:path) => {
        $crate::cluster_laws! { @each $fresh;
            events:
                an_event_is_delivered_here_before_publish_returns,
                events_are_delivered_here_once_and_in_order;
            presence:
                a_user_is_present_once_from_the_first_connection_to_the_last,
                the_first_to_join_is_listed_first_and_rooms_are_separate,
                of_many_connections_at_once_one_is_the_first_and_one_the_last,
                a_user_who_is_not_present_does_not_leave,
                renewing_keeps_presence_unchanged;
            marks:
                a_mark_holds_until_it_lapses_and_renewal_moves_that,
                marks_of_rooms_and_users_are_separate,
                a_removed_mark_is_gone;
            limits:
                each_key_of_each_class_has_a_counter_of_its_own,
                each_set_has_counters_of_its_own,
                a_class_without_a_quota_is_not_limited,
                peeking_acquires_nothing,
                a_refusal_names_the_time_to_retry_and_costs_nothing,
                a_refunded_request_can_be_acquired_again,
                of_many_concurrent_requests_exactly_the_quota_is_granted;
        }
    };
    (@each $fresh:path; $($noun:ident: $($law:ident),+;)+) => {
        $(mod $noun {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $law() {
                let (sink, calls) = $crate::cluster::sink();
                let (shared, _guard) = $fresh(sink, $crate::cluster::quotas()).await;
                $crate::cluster::$noun::$law(shared, calls).await;
            })+
        })+
    };
}
