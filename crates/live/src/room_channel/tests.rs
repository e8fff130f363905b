//! The order of a room's events, repairs, and who receives what.

use super::joined::{RECENT, RECENT_BYTES};
use super::*;
use crate::feed::Receiver;
use domain::account::{UserRef, Username};
use domain::event::ChangeKind;
use domain::membership::Role;
use domain::room::Seq;
use domain::sync::Seen;

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

/// A feed of user 5 that follows the room from that revision on, and the outbox of its one connection.
fn feed(channel: &mut RoomChannel, from: i64) -> (Arc<Feed>, Arc<Outbox>) {
    let (feed, outbox, connection) = (Feed::new(user(5)), Outbox::new(), Uuid::from_u128(50));
    feed.add(connection, Receiver::Stream(outbox.clone()));
    assert!(feed.follow(ROOM, Some(Seq(0))));
    channel.follow(feed.clone(), Revision(from));
    settle(&feed, connection, from, BTreeMap::new());
    (feed, outbox)
}

/// Completes the first part of a connection that has everything up to a revision.
fn settle(feed: &Feed, connection: Uuid, base: i64, floors: BTreeMap<RoomId, Revision>) {
    let seen = Seen { epoch: 1, below: 1, except: vec![] };
    let bases = BTreeMap::from([(ROOM, Revision(base))]);
    feed.settle(connection, &bases, floors, &|_| false, (seen, 0));
}

#[test]
fn a_connection_that_subscribes_takes_nothing_from_another_of_its_user() {
    let mut channel = RoomChannel::new(Revision(10), Arc::new(domain::MockClock::new()));
    let (feed, first) = feed(&mut channel, 10);
    let (second, connection) = (Outbox::new(), Uuid::from_u128(51));
    feed.add(connection, Receiver::Stream(second.clone()));
    // It has read 12 from the store, of which the channel is yet to learn.
    let floor = channel.floor_for(&feed, connection, Revision(12));
    settle(&feed, connection, 12, floor.map(|floor| (ROOM, floor)).into_iter().collect());
    for revision in 11..=13 {
        channel.accept(change(revision));
    }
    assert_eq!(received(&first), ["11", "12", "13"]);
    assert_eq!(received(&second), ["13"]);
}

#[test]
fn an_only_connection_is_not_sent_what_it_read() {
    let mut channel = RoomChannel::new(Revision(10), Arc::new(domain::MockClock::new()));
    let (feed, outbox) = feed(&mut channel, 10);
    channel.accept(change(13));
    assert_eq!(channel.floor_for(&feed, Uuid::from_u128(50), Revision(12)), None);
    assert_eq!(received(&outbox), ["13"]);
    channel.accept(change(12));
    assert_eq!((received(&outbox), channel.has_gap()), (vec![], false));
}

#[test]
fn a_feed_receives_each_change_once_also_where_its_connection_is_in_the_room() {
    let (mut channel, _joined) = channel();
    let (_feed, outbox) = feed(&mut channel, 11);
    for revision in 11..=13 {
        channel.accept(change(revision));
    }
    assert_eq!(received(&outbox), ["12", "13"], "it had 11 already");
    let connection = Uuid::from_u128(50);
    assert!(channel.subscribe(ROOM, connection, user(5).id, outbox.clone(), Revision(12)));
    assert_eq!(received(&outbox), [""; 0], "13 came by the feed");
    channel.accept(change(14));
    assert_eq!(received(&outbox), ["14"]);
    channel.unsubscribe(connection);
    channel.accept(change(15));
    assert_eq!(received(&outbox), ["15"]);
}

#[test]
fn after_a_repair_a_feed_is_sent_the_state_of_the_room_and_then_what_came_since() {
    let (mut channel, joined) = channel();
    let (feed, outbox) = feed(&mut channel, 10);
    channel.accept(change(15));
    let read = Changes { items: vec![change(12), change(14)], has_more: false, revision: Revision(14) };
    let behind = channel.repair(Revision(10), read, ROOM);
    assert!(matches!(&behind[..], [only] if Arc::ptr_eq(only, &feed)));
    channel.accept(change(16));
    assert_eq!(received(&joined), ["12", "14", "caught-up", "15", "16"]);
    assert_eq!(received(&outbox), [""; 0], "it waits for the state");
    assert!(!channel.resume(&feed, Revision(13), || panic!("that state is too old")));
    let state = EncodedEvent::new(LiveEvent::CaughtUp(ROOM, Revision(15)));
    assert!(channel.resume(&feed, Revision(15), || outbox.push(Delivery::Event(state))));
    channel.accept(change(17));
    assert_eq!(received(&outbox), ["caught-up", "16", "17"]);
}

#[test]
fn a_feed_that_has_everything_is_not_sent_the_state_after_a_repair() {
    let (mut channel, _joined) = channel();
    let (feed, outbox) = feed(&mut channel, 10);
    feed.raise_floor(Uuid::from_u128(50), ROOM, Revision(14));
    let read = Changes { items: vec![change(12)], has_more: false, revision: Revision(12) };
    assert!(channel.repair(Revision(10), read, ROOM).is_empty());
    for revision in 13..=15 {
        channel.accept(change(revision));
    }
    assert_eq!(received(&outbox), ["15"]);
}

#[test]
fn a_room_that_ends_is_left_by_feeds_even_where_only_a_repair_reports_it() {
    for repaired in [false, true] {
        let (mut channel, _joined) = channel();
        let (feed, outbox) = feed(&mut channel, 10);
        let kind = ChangeKind::MemberRemoved(user(5), Role::Member);
        let end = Change { room: ROOM, revision: Revision(12), kind };
        if repaired {
            let read = Changes { items: vec![end], has_more: false, revision: Revision(12) };
            assert!(channel.repair(Revision(10), read, ROOM).is_empty());
        } else {
            channel.accept(change(11));
            channel.accept(end);
        }
        channel.accept(change(13));
        let expected: &[&str] = if repaired { &["12", "room-left"] } else { &["11", "12", "room-left"] };
        assert_eq!(received(&outbox), expected);
        assert!(!feed.follows(ROOM));
    }
}

#[test]
fn a_feed_that_came_later_is_sent_the_state_first_and_a_room_without_a_member_is_not_followed() {
    let mut channel = RoomChannel::new(Revision(0), Arc::new(domain::MockClock::new()));
    let (feed, outbox, connection) = (Feed::new(user(5)), Outbox::new(), Uuid::from_u128(50));
    feed.add(connection, Receiver::Stream(outbox.clone()));
    assert!(feed.follow(ROOM, None));
    channel.follow_later(feed.clone());
    assert!(channel.awaits_state());
    channel.accept(change(8));
    let state = EncodedEvent::new(LiveEvent::CaughtUp(ROOM, Revision(7)));
    assert!(channel.resume(&feed, Revision(7), || outbox.push(Delivery::Event(state))));
    assert_eq!(received(&outbox), ["caught-up", "8"]);
    let other = Feed::new(user(6));
    assert!(other.follow(ROOM, None));
    channel.follow_later(other.clone());
    channel.abandon(&other, ROOM);
    assert!(!other.follows(ROOM) && !channel.is_held(&other));
    channel.unfollow(&feed);
    assert!(channel.is_empty());
}

#[test]
fn a_feed_whose_state_is_older_than_what_the_channel_skips_reads_it_again() {
    let mut channel = RoomChannel::new(Revision(0), Arc::new(domain::MockClock::new()));
    let feeds = [5, 6].map(|n| {
        let (feed, outbox) = (Feed::new(user(n)), Outbox::new());
        feed.add(Uuid::from_u128(n), Receiver::Stream(outbox.clone()));
        assert!(feed.follow(ROOM, None));
        channel.follow_later(feed.clone());
        (feed, outbox)
    });
    let [(first, _), (second, outbox)] = &feeds;
    assert!(channel.resume(first, Revision(10), || {}));
    // 9 and 10 are yet to come, and the channel ignores them then.
    assert!(!channel.resume(second, Revision(8), || panic!("that state is too old")));
    channel.accept(change(9));
    channel.accept(change(11));
    assert!(channel.resume(second, Revision(10), || {}));
    assert_eq!(received(outbox), ["11"]);
}
