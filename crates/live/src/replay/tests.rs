//! Replays of a room that changes meanwhile.

use std::sync::OnceLock;

use domain::account::{UserRef, Username};
use domain::event::{ChangeKind, Changes, Event, EventSink, MockChangeReader, MockEventBus};
use domain::membership::Role;
use domain::presence::MockPresence;
use domain::sync::{MockCursorSeal, MockSyncReader};
use domain::{MockClock, MockIdSource, Timestamp, UserId};

use super::*;
use crate::outbox::Delivery;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));

fn user(n: u128) -> UserRef {
    UserRef { id: UserId(Uuid::from_u128(n)), username: Username::parse("somebody").unwrap() }
}

fn change(revision: i64) -> Change {
    Change { room: ROOM, revision: Revision(revision), kind: ChangeKind::MemberAdded(user(9), Role::Member) }
}

/// A hub whose store returns no changes at every read; and after each read, before the caller has its answer, the next
/// change is delivered.
fn hub() -> Arc<Hub> {
    let slot: Arc<OnceLock<Arc<Hub>>> = Arc::default();
    let mut changes = MockChangeReader::new();
    let (started, mut reads) = (slot.clone(), 1);
    changes.expect_changes().returning(move |_, since, _, _| {
        reads += 1;
        if let (Some(hub), 3..) = (started.get(), reads) {
            hub.deliver(Event::Changed(change(since.0 + 1)));
        }
        Ok(Some(Changes { items: vec![], has_more: false, revision: since }))
    });
    let hub = hub_of(changes);
    slot.get_or_init(|| hub.clone()).clone()
}

fn hub_of(mut changes: MockChangeReader) -> Arc<Hub> {
    changes.expect_changed_rooms().returning(|_| Ok(vec![]));
    let mut presence = MockPresence::new();
    presence.expect_renew().returning(Vec::new);
    let mut clock = MockClock::new();
    clock.expect_now().returning(|| Timestamp::from_unix_micros(5).unwrap());
    let (bus, ids) = (MockEventBus::new(), MockIdSource::new());
    let sync: (Arc<MockSyncReader>, Arc<MockCursorSeal>) = Default::default();
    Hub::start(
        Arc::new(changes),
        (sync.0, sync.1),
        Arc::new(presence),
        Arc::new(bus),
        Arc::new(clock),
        Arc::new(ids),
    )
}

#[tokio::test]
async fn a_change_between_the_last_read_and_the_subscription_is_delivered_at_once() {
    let (hub, outbox) = (hub(), Outbox::new());
    let mut replay = Replay::new(ROOM, None, Revision(1));
    let (events, next) = replay.step(&hub, Uuid::from_u128(2), user(2).id, &outbox).await.unwrap();
    assert!(events.is_empty() && next == Next::Live);
    let Some(Delivery::Event(event)) = outbox.try_next() else { panic!("nothing was delivered") };
    assert_eq!(event.revision(), Some(Revision(2)));
}

#[tokio::test]
async fn a_replay_with_absent_revisions_ends_with_caught_up_though_the_client_named_no_revision() {
    for (items, absent) in [(vec![change(2), change(3)], false), (vec![change(3)], true)] {
        let mut changes = MockChangeReader::new();
        changes.expect_changes().returning(move |_, since, _, _| {
            let items = if since < Revision(3) { items.clone() } else { vec![] };
            Ok(Some(Changes { items, has_more: false, revision: Revision(3) }))
        });
        let (hub, outbox) = (hub_of(changes), Outbox::new());
        let mut replay = Replay::new(ROOM, None, Revision(1));
        let mut events = vec![];
        loop {
            let (page, next) = replay.step(&hub, Uuid::from_u128(2), user(2).id, &outbox).await.unwrap();
            events.extend(page);
            if next == Next::Live {
                break;
            }
        }
        assert_eq!(events.last().unwrap().name() == "caught-up", absent);
    }
}

#[tokio::test]
async fn a_reserved_channel_without_a_subscriber_is_dropped() {
    let hub = hub();
    let reservation = hub.reserve(ROOM, Revision(1));
    assert!(hub.keeps_changes(ROOM));
    drop(reservation);
    assert!(!hub.keeps_changes(ROOM));
}
