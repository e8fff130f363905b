//! The order, the bounds and the end of what waits for a client.

use futures_util::FutureExt;
use live::LiveEvent;
use uuid::Uuid;

use super::*;

fn event(revision: i64) -> Delivery {
    let event = LiveEvent::CaughtUp(RoomId(Uuid::nil()), Revision(revision));
    Delivery::Event(EncodedEvent::new(event))
}

/// Encodes an event of the end of a replay as one byte: its revision.
fn encode(event: &EncodedEvent) -> Bytes {
    match &event.event {
        LiveEvent::CaughtUp(_, Revision(revision)) => vec![u8::try_from(*revision).unwrap()].into(),
        _ => Bytes::new(),
    }
}

fn take(outgoing: &Outgoing) -> Option<Bytes> {
    match outgoing.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(bytes) => bytes,
        Poll::Pending => None,
    }
}

#[tokio::test]
async fn replies_leave_before_events_and_all_that_waits_leaves_together() {
    let outgoing = Outgoing::new(encode);
    outgoing.outbox.push(event(3));
    outgoing.send(vec![1].into()).await.unwrap();
    assert!(outgoing.try_send(vec![2].into()));
    assert_eq!(take(&outgoing).unwrap(), [1, 2, 3][..]);
    assert_eq!(take(&outgoing), None);
}

#[tokio::test]
async fn events_wait_while_they_are_held() {
    let outgoing = Outgoing::new(encode);
    let held = outgoing.hold();
    outgoing.outbox.push(event(3));
    assert_eq!(take(&outgoing), None);
    outgoing.send(vec![1].into()).await.unwrap();
    assert_eq!(take(&outgoing).unwrap(), [1][..]);
    drop(held);
    assert_eq!(take(&outgoing).unwrap(), [3][..]);
}

#[tokio::test]
async fn a_sender_waits_until_replies_leave_or_the_client_is_ended() {
    let outgoing = Outgoing::new(encode);
    let large = Bytes::from(vec![0; MAX_REPLY_BYTES]);
    let mut sending = Box::pin(outgoing.send(large.clone()));
    assert!(sending.as_mut().now_or_never().is_none(), "too many bytes wait");
    assert_eq!(take(&outgoing), Some(large.clone()));
    sending.await.unwrap();
    let mut sending = Box::pin(outgoing.send(large));
    assert!(sending.as_mut().now_or_never().is_none());
    outgoing.outbox.end(EndReason::Revoked);
    assert_eq!(sending.await, Err(EndReason::Revoked));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_reply_is_too_slow() {
    let outgoing = Outgoing::new(encode);
    let begun = tokio::time::Instant::now();
    assert_eq!(outgoing.send(vec![0; MAX_REPLY_BYTES].into()).await, Err(EndReason::Slow));
    assert_eq!(begun.elapsed().as_secs(), WRITE_TIMEOUT.as_secs());
    assert_eq!(outgoing.outbox.ended(), Some(EndReason::Slow));
}

#[test]
fn replies_that_nobody_waits_for_are_bounded_in_bytes() {
    let outgoing = Outgoing::new(encode);
    let sent = (0..10_000).take_while(|_| outgoing.try_send(vec![0; 1_024].into())).count();
    assert_eq!(sent, UNAWAITED_BYTES / 1_024);
}

#[test]
fn a_client_for_which_something_waits_is_stuck_where_nothing_leaves() {
    let outgoing = Outgoing::new(encode);
    assert!(!outgoing.is_stuck() && !outgoing.is_stuck(), "nothing waits");
    outgoing.outbox.push(event(1));
    assert!(!outgoing.is_stuck(), "it has just come");
    assert!(outgoing.is_stuck(), "nothing has left since then");
    assert!(take(&outgoing).is_some());
    outgoing.outbox.push(event(2));
    assert!(!outgoing.is_stuck());
}
