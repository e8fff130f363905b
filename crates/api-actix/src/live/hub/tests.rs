//! When the hub looks after what it may have missed.

use std::sync::Arc;

use domain::account::Username;
use domain::event::{EphemeralEvent, EphemeralKind, MockChangeReader, MockEventBus};
use domain::presence::MockPresence;
use domain::{MockClock, MockIdSource};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use super::*;
use crate::live::connection::Outbox;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));

fn user(n: u128) -> UserRef {
    UserRef { id: UserId(Uuid::from_u128(n)), username: Username::parse("somebody").unwrap() }
}

/// A hub with a listener in a room, and what it does: it looks at rooms, it renews, it tells.
fn hub(told: Vec<EphemeralEvent>) -> (Arc<Hub>, UnboundedReceiver<&'static str>) {
    let (does, done) = unbounded_channel();
    let mut changes = MockChangeReader::new();
    let looks = does.clone();
    changes.expect_changed_rooms().returning(move |_| {
        looks.send("looks").unwrap_or_default();
        Ok(vec![])
    });
    changes.expect_changes().returning(|_, _, _, _| Ok(None));
    let mut presence = MockPresence::new();
    let renews = does.clone();
    presence.expect_renew().returning(move || {
        renews.send("renews").unwrap_or_default();
        told.clone()
    });
    let mut bus = MockEventBus::new();
    bus.expect_publish().returning(move |_| does.send("tells").unwrap_or_default());
    let (clock, mut ids) = (MockClock::new(), MockIdSource::new());
    let mut next = 100;
    ids.expect_next().returning(move || {
        next += 1;
        Uuid::from_u128(next)
    });
    let hub =
        Hub::start(Arc::new(changes), Arc::new(presence), Arc::new(bus), Arc::new(clock), Arc::new(ids));
    hub.attach(ROOM, Uuid::from_u128(2), user(2).id, Outbox::new(), Revision(0));
    (hub, done)
}

async fn both(done: &mut UnboundedReceiver<&'static str>) -> [&'static str; 2] {
    let mut seen = [done.recv().await.unwrap(), done.recv().await.unwrap()];
    seen.sort_unstable();
    seen
}

#[tokio::test(start_paused = true)]
async fn it_looks_and_renews_at_once_where_something_was_missed_and_else_regularly() {
    let (hub, mut done) = hub(vec![]);
    assert_eq!(both(&mut done).await, ["looks", "renews"]);
    let begun = Instant::now();
    hub.resync();
    assert_eq!(both(&mut done).await, ["looks", "renews"]);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(done.recv().await, Some("looks"));
    assert_eq!(begun.elapsed().as_secs(), LOOK.as_secs());
    while done.recv().await != Some("renews") {}
    assert_eq!(begun.elapsed().as_secs(), RENEW.as_secs());
}

#[tokio::test(start_paused = true)]
async fn rooms_are_told_of_those_who_went_without_a_word() {
    let (_hub, mut done) = hub(vec![EphemeralEvent { room: ROOM, user: user(3), kind: EphemeralKind::Left }]);
    while done.recv().await != Some("tells") {}
}

/// That many sockets, and when each ends.
async fn ends(hub: &Hub, sockets: usize, within: Duration) -> Vec<Duration> {
    let session = SessionId(Uuid::from_u128(9));
    let connect =
        |outbox: &Arc<Outbox>| hub.connect(Transport::WebSocket, user(3).id, session, outbox.clone());
    let outboxes: Vec<_> = (0..sockets).map(|_| Outbox::new()).collect();
    for outbox in &outboxes {
        connect(outbox);
    }
    let begun = Instant::now();
    let each = outboxes.iter().map(|outbox| async move {
        assert_eq!(outbox.wait_for_end().await, End::Shutdown);
        begun.elapsed()
    });
    let (mut ends, ()) = tokio::join!(futures_util::future::join_all(each), hub.close(within));
    ends.sort_unstable();
    let late = Outbox::new();
    connect(&late);
    assert_eq!(late.ended(), Some(End::Shutdown), "who comes meanwhile does not stay");
    ends
}

#[tokio::test(start_paused = true)]
async fn sockets_end_one_after_the_other_when_the_server_does() {
    let few = ends(&hub(vec![]).0, 3, Duration::from_secs(15)).await;
    assert_eq!(few, [0, 5, 10].map(Duration::from_millis));
    let many = ends(&hub(vec![]).0, 3_000, Duration::from_secs(15)).await;
    assert!(many[2_999] > Duration::from_secs(4) && many[2_999] <= ALL_ENDED, "{:?}", many[2_999]);
    assert!(many.windows(2).all(|pair| pair[1] <= pair[0] + NEXT_END), "evenly");
    let hurried = ends(&hub(vec![]).0, 3_000, Duration::from_millis(500)).await;
    assert!(hurried[2_999] <= Duration::from_millis(500), "{:?}", hurried[2_999]);
    let at_once = ends(&hub(vec![]).0, 3, Duration::ZERO).await;
    assert_eq!(at_once, [Duration::ZERO; 3]);
}
