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

pub use fixtures::{Ear, Heard, at, ear, quotas, room, user};

/// What is under the laws: one replica's view of it.
pub struct Shared {
    /// Events go out here, and arrive at the sink that was given.
    pub bus: Arc<dyn EventBus>,
    /// Who is where.
    pub presence: Arc<dyn Presence>,
    /// Who said that they are where.
    pub marks: Arc<dyn PresenceMarks>,
    /// By the quotas that were given.
    pub limits: Arc<dyn Limits>,
}

/// One test per law. `$fresh` is an `async fn` that takes the sink and the quotas, and answers [`Shared`] in which nothing
/// has happened, and whatever must live as long as it.
#[macro_export]
macro_rules! cluster_laws {
    ($fresh:path) => {
        $crate::cluster_laws! { @each $fresh;
            events:
                what_is_published_is_heard_here_before_the_call_returns,
                events_are_heard_in_their_order_here_and_once;
            presence:
                a_user_is_there_once_from_the_first_connection_to_the_last,
                who_came_first_is_listed_first_and_rooms_are_apart,
                of_many_connections_at_once_one_is_the_first_and_one_the_last,
                who_was_never_there_does_not_leave,
                renewing_changes_nothing_that_is_so;
            marks:
                a_mark_holds_until_it_lapses_and_renewal_moves_that,
                marks_of_rooms_and_users_are_apart,
                a_mark_that_was_taken_away_is_gone;
            limits:
                each_key_of_each_class_has_a_counter_of_its_own,
                each_set_has_counters_of_its_own,
                a_class_without_a_quota_is_not_limited,
                peeking_costs_nothing,
                a_refusal_says_when_to_come_again_and_costs_nothing,
                what_is_paid_back_can_be_taken_again,
                of_many_at_once_exactly_the_quota_goes_through;
        }
    };
    (@each $fresh:path; $($noun:ident: $($law:ident),+;)+) => {
        $(mod $noun {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $law() {
                let (ear, heard) = $crate::cluster::ear();
                let (shared, _guard) = $fresh(ear, $crate::cluster::quotas()).await;
                $crate::cluster::$noun::$law(shared, heard).await;
            })+
        })+
    };
}
