//! Laws of presence marks, to which the caller passes the time.

use std::collections::BTreeSet;

use domain::{RoomId, UserId};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cluster::{Shared, SinkCall, at, room, user};

/// A mark lapses to the microsecond, and stays lapsed when another user is marked.
pub async fn a_mark_holds_until_it_lapses_and_renewal_moves_that(
    Shared { marks, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    marks.mark(room(1), user(1), at(0), at(60)).await;
    assert_eq!(marks.marked(vec![room(1), room(2)], at(59)).await, [(room(1), user(1))]);
    assert!(marks.marked(vec![room(1)], at(60)).await.is_empty());
    marks.mark(room(1), user(1), at(50), at(110)).await;
    assert_eq!(marks.marked(vec![room(1)], at(109)).await, [(room(1), user(1))]);
    marks.mark(room(1), user(2), at(120), at(180)).await;
    assert_eq!(marks.marked(vec![room(1)], at(120)).await, [(room(1), user(2))]);
}

/// In any order.
pub async fn marks_of_rooms_and_users_are_separate(
    Shared { marks, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    for (where_to, who) in [(1, 1), (1, 2), (2, 1)] {
        marks.mark(room(where_to), user(who), at(0), at(60)).await;
    }
    let found = marks.marked(vec![room(1), room(2), room(3)], at(1)).await;
    let found: BTreeSet<(RoomId, UserId)> = found.iter().map(|(room, user)| (*room, user.id)).collect();
    let wanted = [(1, 1), (1, 2), (2, 1)].map(|(where_to, who)| (room(where_to), user(who).id));
    assert_eq!(found, BTreeSet::from(wanted));
    assert!(marks.marked(vec![], at(1)).await.is_empty());
}

/// Once or twice.
pub async fn a_removed_mark_is_gone(Shared { marks, .. }: Shared, _calls: UnboundedReceiver<SinkCall>) {
    marks.mark(room(1), user(1), at(0), at(60)).await;
    marks.mark(room(1), user(2), at(0), at(60)).await;
    marks.unmark(room(1), user(1).id).await;
    marks.unmark(room(1), user(1).id).await;
    assert_eq!(marks.marked(vec![room(1)], at(1)).await, [(room(1), user(2))]);
}
