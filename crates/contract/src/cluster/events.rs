//! Laws of the event bus at the replica that publishes.
#![expect(clippy::unused_async, reason = "laws are awaited, all alike")]

use domain::event::{EphemeralEvent, EphemeralKind, Event, ReadMark};
use domain::room::Seq;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cluster::{Shared, SinkCall, room, user};

fn event(n: i64) -> Event {
    Event::Ephemeral(EphemeralEvent {
        room: room(1),
        user: user(1),
        kind: EphemeralKind::Read(ReadMark { seq: Seq(n), by: None }),
    })
}

/// Returns the next event, skipping resyncs.
fn next(calls: &mut UnboundedReceiver<SinkCall>) -> Option<Event> {
    loop {
        match calls.try_recv().ok()? {
            SinkCall::Event(event) => return Some(*event),
            SinkCall::Resync => {}
        }
    }
}

/// Independently of other replicas.
pub async fn an_event_is_delivered_here_before_publish_returns(
    shared: Shared,
    mut calls: UnboundedReceiver<SinkCall>,
) {
    shared.bus.publish(event(1));
    assert_eq!(next(&mut calls), Some(event(1)));
}

/// However many events are published.
pub async fn events_are_delivered_here_once_and_in_order(
    shared: Shared,
    mut calls: UnboundedReceiver<SinkCall>,
) {
    for n in 0..10_000 {
        shared.bus.publish(event(n));
    }
    for n in 0..10_000 {
        assert_eq!(next(&mut calls), Some(event(n)));
    }
    assert_eq!(next(&mut calls), None);
}
