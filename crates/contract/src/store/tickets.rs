//! Laws of tickets.

use futures_util::future::join_all;

use crate::store::AnyStore;
use crate::store::fixtures::{at, session_of, store_ticket, take_ticket, ticket, users};

/// To the microsecond, with what it grants.
pub async fn a_ticket_is_taken_once_until_it_lapses(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let session = session_of(alice.id);
    let tickets = [ticket(1, session, 100), ticket(2, session, 100)];
    for ticket in tickets {
        store_ticket(&store, ticket).await;
    }
    assert_eq!(take_ticket(&store, 3, at(99)).await, None);
    assert_eq!(take_ticket(&store, 1, at(99)).await, Some(tickets[0].grant));
    assert_eq!(take_ticket(&store, 1, at(99)).await, None);
    assert_eq!(take_ticket(&store, 2, at(100)).await, None);
}

/// As two replicas would.
pub async fn of_many_who_take_a_ticket_at_once_one_gets_it(store: impl AnyStore) {
    let [alice] = users(&store).await;
    store_ticket(&store, ticket(1, session_of(alice.id), 100)).await;
    let taken = join_all((0..8).map(|_| take_ticket(&store, 1, at(50)))).await;
    assert_eq!(taken.into_iter().flatten().count(), 1);
}

/// Those of other sessions stay.
pub async fn the_lapsed_tickets_of_a_session_can_be_removed(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let (one, two) = (session_of(alice.id), session_of(bob.id));
    for (n, session, until) in [(1, one, 50), (2, one, 51), (3, two, 50)] {
        store_ticket(&store, ticket(n, session, until)).await;
    }
    let mut work = store.begin().await.unwrap();
    work.delete_lapsed_tickets(one, at(50)).await.unwrap();
    work.commit().await.unwrap();
    // Asked for at an earlier time, at which those that are still there have not lapsed.
    for (n, there) in [(1, false), (2, true), (3, true)] {
        assert_eq!(take_ticket(&store, n, at(49)).await.is_some(), there, "{n}");
    }
}
