//! The records of a run: what senders were answered and receivers received, and when.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use parlor_client::RoomId;
use serde_json::Value;

use crate::check::Message;

/// A message that was answered.
pub(crate) struct Answer {
    pub(crate) room: RoomId,
    pub(crate) message: Message,
    /// The number of times that it was sent.
    pub(crate) attempts: u32,
    /// True where the answer was that it was there already.
    pub(crate) replayed: bool,
}

/// A duration, and whether it ended before the first fault.
pub(crate) type Timing = (Duration, bool);

/// The records that all senders and receivers share.
#[derive(Default)]
pub(crate) struct Ledger {
    /// The time of the first attempt of each message.
    begun: Mutex<HashMap<String, Instant>>,
    answers: Mutex<Vec<Answer>>,
    /// From the first attempt to the answer.
    pub(crate) waits: Mutex<Vec<Timing>>,
    /// From the first attempt to each receiver.
    pub(crate) deliveries: Mutex<Vec<Timing>>,
    /// The delivery that took longest, and its receiver.
    pub(crate) slowest: Mutex<(Duration, String)>,
    faulty: AtomicBool,
}

impl Ledger {
    /// Notes that faults begin.
    pub(crate) fn faults_begin(&self) {
        self.faulty.store(true, Ordering::SeqCst);
    }

    /// Notes that a message is about to be sent for the first time.
    pub(crate) fn begin(&self, key: &str) {
        lock(&self.begun).insert(key.to_owned(), Instant::now());
    }

    pub(crate) fn answered(&self, answer: Answer) {
        if let Some(timing) = self.since_first_attempt(&answer.message.key) {
            lock(&self.waits).push(timing);
        }
        lock(&self.answers).push(answer);
    }

    pub(crate) fn answers(&self) -> MutexGuard<'_, Vec<Answer>> {
        lock(&self.answers)
    }

    fn delivered(&self, key: &str, to: &str) {
        let Some(timing) = self.since_first_attempt(key) else { return };
        lock(&self.deliveries).push(timing);
        let mut slowest = lock(&self.slowest);
        if timing.0 > slowest.0 {
            *slowest = (timing.0, to.to_owned());
        }
    }

    fn since_first_attempt(&self, key: &str) -> Option<Timing> {
        let elapsed = lock(&self.begun).get(key).map(Instant::elapsed)?;
        Some((elapsed, !self.faulty.load(Ordering::SeqCst)))
    }
}

/// The record of a receiver, which follows rooms on one transport through every fault.
pub(crate) struct Receiver {
    pub(crate) name: String,
    rooms: Mutex<HashMap<RoomId, Received>>,
    reconnections: AtomicU32,
    problems: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Received {
    known: i64,
    messages: Vec<Message>,
}

impl Receiver {
    pub(crate) fn new(name: String, rooms: &[RoomId]) -> Self {
        let rooms = rooms.iter().map(|room| (*room, Received::default())).collect();
        Self { name, rooms: Mutex::new(rooms), reconnections: AtomicU32::new(0), problems: Mutex::default() }
    }

    /// Returns the rooms that it follows, each with the revision up to which it knows it.
    pub(crate) fn known(&self) -> Vec<(RoomId, i64)> {
        lock(&self.rooms).iter().map(|(room, received)| (*room, received.known)).collect()
    }

    /// Records an event, as any transport writes it.
    pub(crate) fn record(&self, action: &str, event: &Value, ledger: &Ledger) {
        let room = event["roomId"].as_str().and_then(|room| room.parse().ok());
        let (Some(room), Some(revision)) = (room, event["revision"].as_i64()) else {
            return;
        };
        let mut rooms = lock(&self.rooms);
        let Some(received) = rooms.get_mut(&room) else {
            return self.report(format!("received an event of {room}, which it does not follow"));
        };
        if let Some(message) = message(event) {
            ledger.delivered(&message.key, &self.name);
            received.messages.push(message);
        } else if revision <= received.known && action != "caught-up" {
            self.report(format!("received {action} of revision {revision} after {}", received.known));
        }
        if action == "caught-up" && revision < received.known {
            self.report(format!("has caught up with {revision} and knew {}", received.known));
        }
        received.known = received.known.max(revision);
    }

    /// Returns the messages received in a room so far; `None` where it does not follow it.
    pub(crate) fn received(&self, room: RoomId) -> Option<Vec<Message>> {
        lock(&self.rooms).get(&room).map(|received| received.messages.clone())
    }

    /// Returns the number of messages received in a room; `None` where it does not follow it.
    pub(crate) fn count(&self, room: RoomId) -> Option<usize> {
        lock(&self.rooms).get(&room).map(|received| received.messages.len())
    }

    /// Notes that the connection is gone and another one follows.
    pub(crate) fn count_reconnection(&self) {
        self.reconnections.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn reconnections(&self) -> u32 {
        self.reconnections.load(Ordering::SeqCst)
    }

    /// Notes something that must not happen to a receiver.
    pub(crate) fn report(&self, problem: String) {
        lock(&self.problems).push(problem);
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        lock(&self.problems).clone()
    }
}

/// Reads a message of an event or an answer, whichever surface wrote it.
pub(crate) fn message(data: &Value) -> Option<Message> {
    let text = |names: [&str; 2]| names.iter().find_map(|name| data[*name].as_str()).map(str::to_owned);
    Some(Message {
        seq: data["seq"].as_i64()?,
        revision: data["revision"].as_i64()?,
        id: text(["id", "_id"])?,
        key: text(["message", "content"])?,
    })
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ROOM: &str = "0197a5c2-8f00-7000-8000-000000000001";
    const ELSEWHERE: &str = "0197a5c2-8f00-7000-8000-000000000002";

    fn receiver(events: &[(&str, Value)]) -> Receiver {
        let receiver = Receiver::new("receiver".to_owned(), &[ROOM.parse().unwrap()]);
        let ledger = Ledger::default();
        for (action, event) in events {
            receiver.record(action, event, &ledger);
        }
        receiver
    }

    #[test]
    fn every_message_is_recorded_even_one_that_comes_again() {
        let on_a_socket = json!({"roomId": ROOM, "revision": 2, "seq": 1, "id": "a", "message": "x"});
        let on_socket_io = json!({"roomId": ROOM, "revision": 2, "seq": 1, "_id": "a", "content": "x"});
        let receiver = receiver(&[("new-message", on_a_socket), ("message", on_socket_io)]);
        let message = Message { seq: 1, revision: 2, id: "a".to_owned(), key: "x".to_owned() };
        let room = ROOM.parse().unwrap();
        assert_eq!(receiver.received(room), Some(vec![message.clone(), message]));
        assert_eq!(receiver.known(), [(room, 2)]);
    }

    #[test]
    fn an_event_that_comes_too_late_or_of_another_room_is_a_problem() {
        let event = |room: &str, revision: i64| json!({"roomId": room, "revision": revision});
        assert_eq!(
            receiver(&[("caught-up", event(ROOM, 2)), ("caught-up", event(ROOM, 2))]).problems(),
            [""; 0]
        );
        for wrong in [("member-added", ROOM, 2), ("caught-up", ROOM, 1), ("member-added", ELSEWHERE, 3)] {
            let receiver = receiver(&[("caught-up", event(ROOM, 2)), (wrong.0, event(wrong.1, wrong.2))]);
            assert_eq!(receiver.problems().len(), 1, "{wrong:?}");
        }
    }
}
