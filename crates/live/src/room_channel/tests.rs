//! The order of a room's events, repairs, and who receives what.

use super::joined::{RECENT, RECENT_BYTES};
use super::*;
use domain::account::{UserRef, Username};
use domain::event::ChangeKind;
use domain::membership::Role;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));

fn user(n: u128) -> UserRef {
    UserRef { id: UserId(Uuid::from_u128(n)), username: Username::parse("somebody").unwrap() }
}

fn change(revision: i64) -> Change {
    let kind = ChangeKind::RoleChanged(user(9), Role::Member);
    Change { room: ROOM, revision: Revision(revision), kind }
}

/// A channel at revision 10 with one subscriber.
fn channel() -> (RoomChannel, Arc<Outbox>) {
    // Changes of members carry no time, so the clock is never asked.
    let mut channel = RoomChannel::new(Revision(10), Arc::new(domain::MockClock::new()));
    let outbox = Outbox::new();
    assert!(channel.subscribe(ROOM, Uuid::from_u128(1), user(1).id, outbox.clone(), Revision(10)));
    (channel, outbox)
}

/// Returns the deliveries of a subscriber: revisions of changes, and names of other events.
fn received(outbox: &Outbox) -> Vec<String> {
    std::iter::from_fn(|| outbox.try_next())
        .map(|item| match item {
            Delivery::Event(event) => match event.revision() {
                Some(revision) => revision.0.to_string(),
                None => event.name().to_owned(),
            },
            Delivery::RoomClosed(_) => "closed".to_owned(),
        })
        .collect()
}

#[test]
fn changes_are_sent_once_and_in_order_in_whatever_order_they_arrive() {
    let (mut channel, outbox) = channel();
    for revision in [12, 11, 11, 14, 12, 13] {
        channel.accept(change(revision));
    }
    assert_eq!(received(&outbox), ["11", "12", "13", "14"]);
    assert!(!channel.has_gap());
}

#[test]
fn a_gap_is_closed_from_the_store_and_early_changes_follow() {
    let (mut channel, outbox) = channel();
    channel.accept(change(15));
    assert!(channel.has_gap());
    let read = Changes { items: vec![change(12), change(14)], has_more: false, revision: Revision(14) };
    channel.repair(Revision(10), read, ROOM);
    assert_eq!(received(&outbox), ["12", "14", "caught-up", "15"]);
    assert!(!channel.has_gap());
}

#[test]
fn a_repair_of_a_channel_that_has_moved_on_changes_nothing() {
    let (mut channel, outbox) = channel();
    channel.accept(change(11));
    let read = Changes { items: vec![change(11)], has_more: false, revision: Revision(11) };
    channel.repair(Revision(10), read, ROOM);
    assert_eq!(received(&outbox), ["11"]);
}

#[test]
fn a_subscriber_receives_everything_after_its_known_revision_and_nothing_before() {
    let (mut channel, _first) = channel();
    channel.accept(change(11));
    channel.accept(change(12));
    let (behind, ahead, lost) = (Outbox::new(), Outbox::new(), Outbox::new());
    assert!(channel.subscribe(ROOM, Uuid::from_u128(2), user(2).id, behind.clone(), Revision(11)));
    assert!(channel.subscribe(ROOM, Uuid::from_u128(3), user(3).id, ahead.clone(), Revision(13)));
    assert!(!channel.subscribe(ROOM, Uuid::from_u128(4), user(4).id, lost, Revision(9)));
    channel.accept(change(13));
    channel.accept(change(14));
    assert_eq!(received(&behind), ["12", "13", "14"]);
    assert_eq!(received(&ahead), ["14"]);
}

#[test]
fn recent_changes_are_bounded_in_number_and_in_bytes() {
    let (mut channel, _outbox) = channel();
    for revision in 11..1_000 {
        channel.accept(change(revision));
        let joined = channel.joined.as_ref().unwrap();
        let bytes: usize = joined.recent.iter().map(|event| event.bytes()).sum();
        assert_eq!(bytes, joined.recent_bytes);
    }
    let joined = |channel: &mut RoomChannel, bytes: usize| {
        let joined = channel.joined.as_mut().unwrap();
        joined.recent_bytes += bytes;
        joined.recent.len()
    };
    assert_eq!(joined(&mut channel, RECENT_BYTES), RECENT);
    channel.accept(change(1_000));
    let left = joined(&mut channel, 0);
    assert_eq!(left, 0, "none fits beside as many bytes");
    channel.joined.as_mut().unwrap().recent_bytes = 0;
    channel.accept(change(1_001));
    assert_eq!(joined(&mut channel, 0), 1);
}

#[test]
fn a_removal_is_the_last_event_of_a_removed_member() {
    let (mut channel, stays) = channel();
    let goes = Outbox::new();
    assert!(channel.subscribe(ROOM, Uuid::from_u128(2), user(2).id, goes.clone(), Revision(10)));
    let kind = ChangeKind::MemberRemoved(user(2), Role::Member);
    channel.accept(Change { room: ROOM, revision: Revision(11), kind });
    channel.accept(change(12));
    assert_eq!(received(&goes), ["11", "closed"]);
    // They cannot subscribe by way of the recent changes either.
    assert!(!channel.subscribe(ROOM, Uuid::from_u128(2), user(2).id, goes, Revision(10)));
    assert_eq!(received(&stays), ["11", "12"]);
    channel.accept(Change { room: ROOM, revision: Revision(13), kind: ChangeKind::RoomDeleted });
    assert_eq!(received(&stays), ["13", "closed"]);
    assert!(channel.is_empty());
}
