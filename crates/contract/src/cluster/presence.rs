//! Laws of presence.

use std::collections::BTreeSet;

use domain::presence::Present;
use futures_util::future::join_all;
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use crate::cluster::{Shared, SinkCall, at, room, user};

fn connection(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// From the time of the first connection.
pub async fn a_user_is_present_once_from_the_first_connection_to_the_last(
    Shared { presence, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    let (here, who) = (room(1), user(1));
    assert!(presence.enter(here, who.clone(), connection(1), at(1)).await);
    assert!(!presence.enter(here, who.clone(), connection(2), at(2)).await);
    assert_eq!(presence.present(here).await, [Present { user: who.clone(), since: at(1) }]);
    assert!(!presence.leave(here, who.id, connection(1)).await);
    assert!(!presence.leave(here, who.id, connection(1)).await, "it has left before");
    assert_eq!(presence.present(here).await.len(), 1);
    assert!(presence.leave(here, who.id, connection(2)).await);
    assert!(presence.present(here).await.is_empty());
    assert!(presence.enter(here, who.clone(), connection(3), at(9)).await);
    assert_eq!(presence.present(here).await, [Present { user: who, since: at(9) }]);
}

/// A user may be in several rooms.
pub async fn the_first_to_join_is_listed_first_and_rooms_are_separate(
    Shared { presence, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    for (n, since) in [(1, 3), (2, 1), (3, 2)] {
        assert!(presence.enter(room(1), user(n), connection(n), at(since)).await);
    }
    assert!(presence.enter(room(2), user(1), connection(1), at(4)).await);
    let names: Vec<_> = presence.present(room(1)).await.into_iter().map(|present| present.user).collect();
    assert_eq!(names, [user(2), user(3), user(1)]);
    let found = presence.present_in(vec![room(1), room(2), room(3)]).await;
    let found: BTreeSet<_> = found.iter().map(|(room, user)| (*room, user.id)).collect();
    let wanted = [(1, 1), (1, 2), (1, 3), (2, 1)].map(|(where_to, who)| (room(where_to), user(who).id));
    assert_eq!(found, BTreeSet::from(wanted));
    assert!(presence.present_in(vec![]).await.is_empty());
}

/// Each join and leave is reported once.
pub async fn of_many_connections_at_once_one_is_the_first_and_one_the_last(
    Shared { presence, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    let entering = (0..50).map(|n| presence.enter(room(1), user(1), connection(n), at(1)));
    let first = join_all(entering).await.into_iter().filter(|first| *first).count();
    let leaving = (0..50).map(|n| presence.leave(room(1), user(1).id, connection(n)));
    let last = join_all(leaving).await.into_iter().filter(|last| *last).count();
    assert_eq!((first, last), (1, 1));
}

/// With and without other users in the room.
pub async fn a_user_who_is_not_present_does_not_leave(
    Shared { presence, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    assert!(!presence.leave(room(1), user(1).id, connection(1)).await);
    presence.enter(room(1), user(1), connection(1), at(1)).await;
    assert!(!presence.leave(room(1), user(2).id, connection(1)).await);
    assert!(!presence.leave(room(1), user(1).id, connection(2)).await);
    assert_eq!(presence.present(room(1)).await.len(), 1);
}

/// A renewal reports no changes.
pub async fn renewing_keeps_presence_unchanged(
    Shared { presence, .. }: Shared,
    _calls: UnboundedReceiver<SinkCall>,
) {
    presence.enter(room(1), user(1), connection(1), at(1)).await;
    presence.enter(room(1), user(2), connection(2), at(2)).await;
    presence.leave(room(1), user(2).id, connection(2)).await;
    for _ in 0..2 {
        assert_eq!(presence.renew().await, []);
        assert_eq!(presence.present(room(1)).await, [Present { user: user(1), since: at(1) }]);
    }
}
