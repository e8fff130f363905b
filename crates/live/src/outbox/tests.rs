//! Outboxes that overflow, and deliveries that are taken or discarded.

use super::*;
use crate::event::LiveEvent;
use domain::account::{UserRef, Username};
use domain::event::{Change, ChangeKind};
use domain::message::{Body, Content, Message, MessageState};
use domain::room::Seq;
use domain::{MessageId, Timestamp, UserId};
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));

#[tokio::test]
async fn an_outbox_that_overflows_ends_its_connection_and_drops_what_waits() {
    let outbox = Outbox::new();
    for _ in 0..=CAPACITY {
        outbox.push(Delivery::RoomClosed(ROOM));
    }
    assert!(matches!(outbox.next().await, Err(EndReason::Slow)));
    assert!(outbox.try_next().is_none());
    outbox.push(Delivery::RoomClosed(ROOM));
    assert!(outbox.try_next().is_none());
}

/// A message of 4,000 bytes.
fn large() -> Arc<EncodedEvent> {
    let (id, revision, username) = (Uuid::from_u128(3), Revision(7), Username::parse("jane_doe").unwrap());
    let content = Content::parse(&"🦀".repeat(1_000)).unwrap();
    let message = Message {
        id: MessageId(id),
        room: ROOM,
        seq: Seq(7),
        revision,
        sender: UserRef { id: UserId(id), username },
        client_key: None,
        created_at: Timestamp::from_unix_micros(1).unwrap(),
        edited_at: None,
        state: MessageState::Live(Body::Text(content)),
        file: None,
        extras: None,
    };
    let kind = ChangeKind::Sent(message);
    EncodedEvent::new(LiveEvent::Changed(Change { room: ROOM, revision, kind }))
}

#[tokio::test]
async fn an_outbox_is_full_by_its_bytes_too() {
    let (outbox, event) = (Outbox::new(), large());
    let fits = CAPACITY_BYTES / event.bytes();
    assert!(fits < CAPACITY, "{fits}");
    for _ in 0..fits {
        outbox.push(Delivery::Event(event.clone()));
    }
    // What is taken or discarded makes room again.
    assert!(outbox.try_next().is_some());
    outbox.push(Delivery::Event(event.clone()));
    assert_eq!(outbox.discard(ROOM, true), Some(Revision(7)));
    for _ in 0..fits {
        outbox.push(Delivery::Event(event.clone()));
    }
    assert_eq!(outbox.ended(), None);
    outbox.push(Delivery::Event(event));
    assert_eq!(outbox.ended(), Some(EndReason::Slow));
    assert!(outbox.is_empty());
}

#[tokio::test]
async fn the_deliveries_of_a_room_can_be_discarded() {
    let (outbox, other) = (Outbox::new(), RoomId(Uuid::from_u128(2)));
    let change = |room, revision| {
        let (revision, kind) = (Revision(revision), ChangeKind::RoomDeleted);
        Delivery::Event(EncodedEvent::new(LiveEvent::Changed(Change { room, revision, kind })))
    };
    let deliveries = [
        change(ROOM, 7),
        change(other, 3),
        change(ROOM, 8),
        Delivery::RoomClosed(ROOM),
        Delivery::RoomClosed(other),
    ];
    for delivery in deliveries {
        outbox.push(delivery);
    }
    assert_eq!(outbox.discard(ROOM, true), Some(Revision(7)));
    assert!(matches!(outbox.next().await, Ok(Delivery::Event(event)) if event.room() == Some(other)));
    assert!(matches!(outbox.next().await, Ok(Delivery::RoomClosed(room)) if room == other));
    assert_eq!(outbox.discard(ROOM, true), None);
    assert!(outbox.is_empty());
}

#[tokio::test]
async fn the_end_comes_before_waiting_deliveries() {
    let outbox = Outbox::new();
    outbox.push(Delivery::RoomClosed(ROOM));
    outbox.end(EndReason::Revoked);
    outbox.end(EndReason::Shutdown);
    assert!(matches!(outbox.next().await, Err(EndReason::Revoked)));
}
