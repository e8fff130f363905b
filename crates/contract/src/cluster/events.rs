//! Laws of the bus, as the replica that publishes sees it.
#![expect(clippy::unused_async, reason = "laws are awaited, all alike")]

use domain::event::{EphemeralEvent, EphemeralKind, Event};
use domain::room::Seq;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cluster::{Heard, Shared, room, user};

fn event(n: i64) -> Event {
    Event::Ephemeral(EphemeralEvent { room: room(1), user: user(1), kind: EphemeralKind::Read(Seq(n)) })
}

/// What is heard next, but for the word that something may have been missed.
fn next(heard: &mut UnboundedReceiver<Heard>) -> Option<Event> {
    loop {
        match heard.try_recv().ok()? {
            Heard::Event(event) => return Some(*event),
            Heard::Missed => {}
        }
    }
}

/// Whatever becomes of others.
pub async fn what_is_published_is_heard_here_before_the_call_returns(
    shared: Shared,
    mut heard: UnboundedReceiver<Heard>,
) {
    shared.bus.publish(event(1));
    assert_eq!(next(&mut heard), Some(event(1)));
}

/// However many they are.
pub async fn events_are_heard_in_their_order_here_and_once(
    shared: Shared,
    mut heard: UnboundedReceiver<Heard>,
) {
    for n in 0..10_000 {
        shared.bus.publish(event(n));
    }
    for n in 0..10_000 {
        assert_eq!(next(&mut heard), Some(event(n)));
    }
    assert_eq!(next(&mut heard), None);
}
