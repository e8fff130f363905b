//! Coming into a room while something happens there.

use std::sync::OnceLock;

use domain::account::{UserRef, Username};
use domain::event::{ChangeKind, Changes, Event, EventSink, MockChangeReader, MockEventBus};
use domain::membership::Role;
use domain::presence::MockPresence;
use domain::{MockClock, MockIdSource, Timestamp, UserId};

use super::*;
use crate::live::Item;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));

fn user(n: u128) -> UserRef {
    UserRef { id: UserId(Uuid::from_u128(n)), username: Username::parse("somebody").unwrap() }
}

fn change(revision: i64) -> Change {
    Change { room: ROOM, revision: Revision(revision), kind: ChangeKind::MemberAdded(user(9), Role::Member) }
}

/// A hub whose store knows of nothing after revision 1 whenever it is asked; and just after each answer, before
/// whoever asked has it, the next change happens.
fn hub() -> Arc<Hub> {
    let place: Arc<OnceLock<Arc<Hub>>> = Arc::default();
    let mut changes = MockChangeReader::new();
    let (there, mut asked) = (place.clone(), 1);
    changes.expect_changes().returning(move |_, since, _, _| {
        asked += 1;
        if let (Some(hub), 3..) = (there.get(), asked) {
            hub.deliver(Event::Changed(change(since.0 + 1)));
        }
        Ok(Some(Changes { items: vec![], has_more: false, revision: since }))
    });
    let hub = hub_of(changes);
    place.get_or_init(|| hub.clone()).clone()
}

fn hub_of(mut changes: MockChangeReader) -> Arc<Hub> {
    changes.expect_changed_rooms().returning(|_| Ok(vec![]));
    let mut presence = MockPresence::new();
    presence.expect_renew().returning(Vec::new);
    let mut clock = MockClock::new();
    clock.expect_now().returning(|| Timestamp::from_unix_micros(5).unwrap());
    let (bus, ids) = (MockEventBus::new(), MockIdSource::new());
    Hub::start(Arc::new(changes), Arc::new(presence), Arc::new(bus), Arc::new(clock), Arc::new(ids))
}

#[tokio::test]
async fn what_happens_between_the_last_look_and_the_first_word_is_heard_at_once() {
    let (hub, outbox) = (hub(), Outbox::new());
    let mut replay = Replay::from(ROOM, None, Revision(1));
    let (told, then) = replay.step(&hub, Uuid::from_u128(2), user(2).id, &outbox).await.unwrap();
    assert!(told.is_empty() && matches!(then, Then::Live));
    let Some(Item::Event(heard)) = outbox.try_next() else { panic!("nothing was heard") };
    assert_eq!(heard.revision(), Some(Revision(2)));
}

#[tokio::test]
async fn where_revisions_are_absent_the_end_is_told_though_nobody_asked() {
    for (items, absent) in [(vec![change(2), change(3)], false), (vec![change(3)], true)] {
        let mut changes = MockChangeReader::new();
        changes.expect_changes().returning(move |_, since, _, _| {
            let items = if since < Revision(3) { items.clone() } else { vec![] };
            Ok(Some(Changes { items, has_more: false, revision: Revision(3) }))
        });
        let (hub, outbox) = (hub_of(changes), Outbox::new());
        let mut replay = Replay::from(ROOM, None, Revision(1));
        let mut told = vec![];
        loop {
            let (step, then) = replay.step(&hub, Uuid::from_u128(2), user(2).id, &outbox).await.unwrap();
            told.extend(step);
            if matches!(then, Then::Live) {
                break;
            }
        }
        assert_eq!(told.last().unwrap().name() == "caught-up", absent);
    }
}

#[tokio::test]
async fn a_room_that_nobody_comes_into_after_all_is_forgotten() {
    let hub = hub();
    let expecting = hub.expect(ROOM, Revision(1));
    assert!(hub.hears(ROOM));
    drop(expecting);
    assert!(!hub.hears(ROOM));
}
