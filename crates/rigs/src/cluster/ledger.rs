//! What senders were answered and listeners heard, written down as it happens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::check::Message;

/// A message that was answered.
pub(crate) struct Answer {
    pub(crate) room: String,
    pub(crate) message: Message,
    /// How often it had to be sent, and whether the answer was that it is there already.
    pub(crate) tries: u32,
    pub(crate) replayed: bool,
}

/// How long something took, and whether that was before the first fault.
pub(crate) type Took = (Duration, bool);

/// What all senders and listeners write into.
#[derive(Default)]
pub(crate) struct Ledger {
    /// When each message was tried first.
    begun: Mutex<HashMap<String, Instant>>,
    answers: Mutex<Vec<Answer>>,
    /// From the first try to the answer, and from the first try to each listener.
    pub(crate) waits: Mutex<Vec<Took>>,
    pub(crate) deliveries: Mutex<Vec<Took>>,
    /// The delivery that took longest, and to whom.
    pub(crate) latest: Mutex<(Duration, String)>,
    faulty: AtomicBool,
}

impl Ledger {
    /// From now on there are faults.
    pub(crate) fn faults_begin(&self) {
        self.faulty.store(true, Ordering::SeqCst);
    }

    /// A message is about to be sent for the first time.
    pub(crate) fn begin(&self, key: &str) {
        lock(&self.begun).insert(key.to_owned(), Instant::now());
    }

    pub(crate) fn answered(&self, answer: Answer) {
        if let Some(took) = self.since_first_try(&answer.message.key) {
            lock(&self.waits).push(took);
        }
        lock(&self.answers).push(answer);
    }

    pub(crate) fn answers(&self) -> MutexGuard<'_, Vec<Answer>> {
        lock(&self.answers)
    }

    fn delivered(&self, key: &str, to: &str) {
        let Some(took) = self.since_first_try(key) else { return };
        lock(&self.deliveries).push(took);
        let mut latest = lock(&self.latest);
        if took.0 > latest.0 {
            *latest = (took.0, to.to_owned());
        }
    }

    fn since_first_try(&self, key: &str) -> Option<Took> {
        let took = lock(&self.begun).get(key).map(Instant::elapsed)?;
        Some((took, !self.faulty.load(Ordering::SeqCst)))
    }
}

/// Somebody who listens to rooms, on one transport, through every fault.
pub(crate) struct Listener {
    pub(crate) name: String,
    rooms: Mutex<HashMap<String, Heard>>,
    comebacks: AtomicU32,
    complaints: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Heard {
    known: i64,
    messages: Vec<Message>,
}

impl Listener {
    pub(crate) fn new(name: String, rooms: &[String]) -> Self {
        let rooms = rooms.iter().map(|room| (room.clone(), Heard::default())).collect();
        Self { name, rooms: Mutex::new(rooms), comebacks: AtomicU32::new(0), complaints: Mutex::default() }
    }

    /// Where it listens, and up to which revision it knows each room.
    pub(crate) fn known(&self) -> Vec<(String, i64)> {
        lock(&self.rooms).iter().map(|(room, heard)| (room.clone(), heard.known)).collect()
    }

    /// It has heard an event, as any transport writes it.
    pub(crate) fn hear(&self, action: &str, event: &Value, ledger: &Ledger) {
        let (Some(room), Some(revision)) = (event["roomId"].as_str(), event["revision"].as_i64()) else {
            return;
        };
        let mut rooms = lock(&self.rooms);
        let Some(heard) = rooms.get_mut(room) else {
            return self.complain(format!("was told of {room}, where it does not listen"));
        };
        if let Some(message) = message(event) {
            ledger.delivered(&message.key, &self.name);
            heard.messages.push(message);
        } else if revision <= heard.known && action != "caught-up" {
            self.complain(format!("heard {action} of revision {revision} after {}", heard.known));
        }
        if action == "caught-up" && revision < heard.known {
            self.complain(format!("has caught up with {revision} and knew {}", heard.known));
        }
        heard.known = heard.known.max(revision);
    }

    /// What it has heard in a room so far.
    pub(crate) fn heard(&self, room: &str) -> Option<Vec<Message>> {
        lock(&self.rooms).get(room).map(|heard| heard.messages.clone())
    }

    /// How many messages it has heard in a room; nothing where it does not listen.
    pub(crate) fn count(&self, room: &str) -> Option<usize> {
        lock(&self.rooms).get(room).map(|heard| heard.messages.len())
    }

    /// Its connection is gone; it comes back.
    pub(crate) fn comes_back(&self) {
        self.comebacks.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn comebacks(&self) -> u32 {
        self.comebacks.load(Ordering::SeqCst)
    }

    /// Something that must not happen to a listener.
    pub(crate) fn complain(&self, what: String) {
        lock(&self.complaints).push(what);
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        lock(&self.complaints).clone()
    }
}

/// A message, whichever surface wrote it.
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

    fn heard(events: &[(&str, Value)]) -> Listener {
        let listener = Listener::new("somebody".to_owned(), &["room".to_owned()]);
        let ledger = Ledger::default();
        for (action, event) in events {
            listener.hear(action, event, &ledger);
        }
        listener
    }

    #[test]
    fn every_message_is_written_down_even_one_that_comes_again() {
        let on_a_socket = json!({"roomId": "room", "revision": 2, "seq": 1, "id": "a", "message": "x"});
        let on_socket_io = json!({"roomId": "room", "revision": 2, "seq": 1, "_id": "a", "content": "x"});
        let listener = heard(&[("new-message", on_a_socket), ("message", on_socket_io)]);
        let message = Message { seq: 1, revision: 2, id: "a".to_owned(), key: "x".to_owned() };
        assert_eq!(listener.heard("room"), Some(vec![message.clone(), message]));
        assert_eq!(listener.known(), [("room".to_owned(), 2)]);
    }

    #[test]
    fn what_comes_too_late_or_from_elsewhere_is_complained_of() {
        let event = |room: &str, revision: i64| json!({"roomId": room, "revision": revision});
        assert_eq!(
            heard(&[("caught-up", event("room", 2)), ("caught-up", event("room", 2))]).complaints(),
            [""; 0]
        );
        for wrong in [("member-added", "room", 2), ("caught-up", "room", 1), ("member-added", "elsewhere", 3)]
        {
            let listener = heard(&[("caught-up", event("room", 2)), (wrong.0, event(wrong.1, wrong.2))]);
            assert_eq!(listener.complaints().len(), 1, "{wrong:?}");
        }
    }
}
