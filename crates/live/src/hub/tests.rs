//! The hub's background tasks, and its shutdown.

mod memory;

use std::sync::Arc;

use domain::account::Username;
use domain::event::{EphemeralEvent, EphemeralKind, MockChangeReader, MockEventBus, ReadMark};
use domain::presence::MockPresence;
use domain::room::Seq;
use domain::sync::{MockCursorSeal, MockSyncReader};
use domain::{MockClock, MockIdSource};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use super::*;
use crate::event::LiveEvent;
use crate::outbox::{Delivery, Outbox};

const ROOM: RoomId = RoomId(Uuid::from_u128(1));

fn user(n: u128) -> UserRef {
    UserRef { id: UserId(Uuid::from_u128(n)), username: Username::parse("somebody").unwrap() }
}

/// A hub with a subscriber in a room, and a record of its calls: "reconcile", "renew", "publish".
fn hub(lapsed: Vec<EphemeralEvent>) -> (Arc<Hub>, UnboundedReceiver<&'static str>) {
    let (does, done) = unbounded_channel();
    let mut changes = MockChangeReader::new();
    let reconciles = does.clone();
    changes.expect_changed_rooms().returning(move |_| {
        reconciles.send("reconcile").unwrap_or_default();
        Ok(vec![])
    });
    changes.expect_changes().returning(|_, _, _, _| Ok(None));
    let mut presence = MockPresence::new();
    let renews = does.clone();
    presence.expect_renew().returning(move || {
        renews.send("renew").unwrap_or_default();
        lapsed.clone()
    });
    let mut bus = MockEventBus::new();
    bus.expect_publish().returning(move |_| does.send("publish").unwrap_or_default());
    let (clock, mut ids) = (MockClock::new(), MockIdSource::new());
    let mut next = 100;
    ids.expect_next().returning(move || {
        next += 1;
        Uuid::from_u128(next)
    });
    let sync: (Arc<MockSyncReader>, Arc<MockCursorSeal>) = Default::default();
    let hub = Hub::start(
        Arc::new(changes),
        (sync.0, sync.1),
        Arc::new(presence),
        Arc::new(bus),
        Arc::new(clock),
        Arc::new(ids),
    );
    hub.subscribe(ROOM, Uuid::from_u128(2), user(2).id, Outbox::new(), Revision(0));
    (hub, done)
}

async fn both(done: &mut UnboundedReceiver<&'static str>) -> [&'static str; 2] {
    let mut seen = [done.recv().await.unwrap(), done.recv().await.unwrap()];
    seen.sort_unstable();
    seen
}

#[tokio::test(start_paused = true)]
async fn the_hub_reconciles_and_renews_at_intervals_and_at_once_on_resync() {
    let (hub, mut done) = hub(vec![]);
    assert_eq!(both(&mut done).await, ["reconcile", "renew"]);
    let begun = Instant::now();
    hub.resync();
    assert_eq!(both(&mut done).await, ["reconcile", "renew"]);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(done.recv().await, Some("reconcile"));
    assert_eq!(begun.elapsed().as_secs(), RECONCILE_INTERVAL.as_secs());
    while done.recv().await != Some("renew") {}
    assert_eq!(begun.elapsed().as_secs(), RENEW_INTERVAL.as_secs());
}

#[tokio::test(start_paused = true)]
async fn lapsed_presence_is_published_to_the_rooms() {
    let (_hub, mut done) = hub(vec![EphemeralEvent { room: ROOM, user: user(3), kind: EphemeralKind::Left }]);
    while done.recv().await != Some("publish") {}
}

/// Connects that many outboxes, closes the hub and returns when each ended.
async fn ends(hub: &Hub, connections: usize, within: Duration) -> Vec<Duration> {
    let session = SessionId(Uuid::from_u128(9));
    let connect =
        |outbox: &Arc<Outbox>| hub.connect(Transport::WebSocket, user(3).id, session, outbox.clone());
    let outboxes: Vec<_> = (0..connections).map(|_| Outbox::new()).collect();
    for outbox in &outboxes {
        connect(outbox);
    }
    let begun = Instant::now();
    let each = outboxes.iter().map(|outbox| async move {
        assert_eq!(outbox.wait_for_end().await, EndReason::Shutdown);
        begun.elapsed()
    });
    let (mut ends, ()) = tokio::join!(futures_util::future::join_all(each), hub.close(within));
    ends.sort_unstable();
    let late = Outbox::new();
    connect(&late);
    assert_eq!(late.ended(), Some(EndReason::Shutdown), "a connection that comes meanwhile is ended");
    ends
}

#[tokio::test(start_paused = true)]
async fn connections_end_one_after_the_other_at_shutdown() {
    let few = ends(&hub(vec![]).0, 3, Duration::from_secs(15)).await;
    assert_eq!(few, [0, 5, 10].map(Duration::from_millis));
    let many = ends(&hub(vec![]).0, 3_000, Duration::from_secs(15)).await;
    assert!(many[2_999] > Duration::from_secs(4) && many[2_999] <= SHUTDOWN_TIMEOUT, "{:?}", many[2_999]);
    assert!(many.windows(2).all(|pair| pair[1] <= pair[0] + SHUTDOWN_STEP), "evenly");
    let hurried = ends(&hub(vec![]).0, 3_000, Duration::from_millis(500)).await;
    assert!(hurried[2_999] <= Duration::from_millis(500), "{:?}", hurried[2_999]);
    let at_once = ends(&hub(vec![]).0, 3, Duration::ZERO).await;
    assert_eq!(at_once, [Duration::ZERO; 3]);
}

/// Takes the read marks that wait.
fn marks(outbox: &Outbox) -> Vec<i64> {
    std::iter::from_fn(|| outbox.try_next())
        .filter_map(|delivery| match delivery {
            Delivery::Event(event) => match &event.event {
                LiveEvent::Ephemeral(event) => match event.kind {
                    EphemeralKind::Read(ReadMark { seq, .. }) | EphemeralKind::Unread(seq) => Some(seq.0),
                    _ => None,
                },
                _ => None,
            },
            Delivery::RoomClosed(_) => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn read_marks_go_out_once_a_second_without_the_connection_that_moved_them() {
    let (hub, _done) = hub(vec![]);
    let [one, two, other] = [31, 32, 40].map(|n| (Uuid::from_u128(n), Outbox::new()));
    for ((connection, outbox), whose) in [(&one, 3), (&two, 3), (&other, 4)] {
        assert!(hub.subscribe(ROOM, *connection, user(whose).id, outbox.clone(), Revision(0)));
    }
    let read = |seq, by| EphemeralKind::Read(ReadMark { seq: Seq(seq), by });
    let deliver = |kind| hub.deliver(Event::Ephemeral(EphemeralEvent { room: ROOM, user: user(3), kind }));
    let received = || [marks(&one.1), marks(&two.1), marks(&other.1)];
    let a_second = || tokio::time::sleep(Duration::from_millis(1_001));

    deliver(read(1, Some(one.0)));
    deliver(read(2, Some(one.0)));
    deliver(read(3, Some(two.0)));
    assert_eq!(received(), [vec![], vec![1], vec![1]]);
    a_second().await;
    assert_eq!(received(), [vec![3], vec![], vec![3]]);
    deliver(EphemeralKind::Unread(Seq(0)));
    assert_eq!(received(), [vec![0; 0], vec![], vec![]]);
    a_second().await;
    assert_eq!(received(), [vec![0], vec![0], vec![]]);
    a_second().await;
    a_second().await;
    // By a request; the second of both is over.
    deliver(read(4, None));
    assert_eq!(received(), [vec![4], vec![4], vec![4]]);
}
