//! The pure part of a live connection: up to where each room is known, and which sends are unanswered. It knows no
//! network and no clock; the driver reports what happens, and sends what it returns.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::Update;
use crate::{ApiError, Event, Message, NewMessage, RoomId, UserId};

/// The most bytes of a frame that the server takes.
const FRAME: usize = 64 * 1024;
/// The code with which a socket is closed upon a frame that is too large.
const TOO_LARGE: u16 = 1009;

/// Returns the outcome to the sender of a message.
pub(super) trait Reply {
    fn reply(self, answer: Result<Message, ApiError>);
}

/// The state of a live connection across reconnections.
#[derive(Debug)]
pub(super) struct Session<R> {
    user: Option<UserId>,
    rooms: HashMap<RoomId, Room>,
    sends: BTreeMap<u64, Send<R>>,
    next_ref: u64,
    connected: bool,
}

/// A room that is followed.
#[derive(Debug, Default)]
struct Room {
    /// The revision up to which events have been delivered; `None` before the first `joined`.
    known: Option<i64>,
    /// The references of joins without an answer. Lasting events are skipped meanwhile: the replay repeats them.
    joining: Vec<u64>,
    /// True between a `joined` and its `caught-up`: a replay skips the revisions that later ones replace.
    replaying: bool,
    /// True where a join failed for a while.
    retry: bool,
}

#[derive(Debug)]
struct Send<R> {
    frame: Value,
    reply: R,
    /// The bytes of the frame.
    size: usize,
    /// True where the server could not do it just now.
    retry: bool,
}

/// The results of an input: frames for the server, updates for the user.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Output {
    pub(super) frames: Vec<Value>,
    pub(super) updates: Vec<Update>,
}

impl<R: Reply> Session<R> {
    pub(super) fn new(user: Option<UserId>) -> Self {
        Self { user, rooms: HashMap::new(), sends: BTreeMap::new(), next_ref: 1, connected: false }
    }

    fn next_ref(&mut self) -> u64 {
        self.next_ref += 1;
        self.next_ref - 1
    }

    /// A socket is open: joins every room where it was left, and repeats every unanswered send, in order.
    pub(super) fn opened(&mut self) -> Vec<Value> {
        self.connected = true;
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        let mut frames: Vec<Value> = rooms.into_iter().filter_map(|room| self.join_frame(room)).collect();
        frames.extend(self.sends.values_mut().map(|send| {
            send.retry = false;
            send.frame.clone()
        }));
        frames
    }

    /// The socket is gone, with this code if the server sent one. Where a frame was too large, the largest send without an answer is
    /// refused: repeated, it would end every socket to come.
    pub(super) fn closed(&mut self, code: Option<u16>) {
        self.connected = false;
        let largest = self.sends.iter().max_by_key(|(_, send)| send.size).map(|(reference, _)| *reference);
        if code == Some(TOO_LARGE)
            && let Some(send) = largest.and_then(|reference| self.sends.remove(&reference))
        {
            send.reply.reply(Err(too_large(send.size)));
        }
        for room in self.rooms.values_mut() {
            room.joining.clear();
            room.retry = false;
        }
    }

    /// Follows a room: after a revision, or from the present on, which makes the caller a member.
    pub(super) fn join(&mut self, room: RoomId, since: Option<i64>) -> Output {
        let followed = self.rooms.entry(room).or_default();
        followed.known = since.or(followed.known);
        self.frames_if_connected(|session| session.join_frame(room))
    }

    /// Stops following a room.
    pub(super) fn leave(&mut self, room: RoomId) -> Output {
        self.rooms.remove(&room);
        self.frames_if_connected(|_| Some(json!({"action": "leave", "roomId": room})))
    }

    /// Sends a message, now or once connected, until it is answered. One that no frame can hold is refused at once.
    pub(super) fn send(&mut self, room: RoomId, message: &NewMessage, reply: R) -> Output {
        let reference = self.next_ref();
        let mut frame = json!({"action": "send-message", "roomId": room, "ref": reference});
        // The members of a REST body, of which one has another name.
        for (name, value) in json!(message).as_object().into_iter().flatten() {
            let name = if name == "content" { "message" } else { name.as_str() };
            frame[name] = value.clone();
        }
        let size = frame.to_string().len();
        if size > FRAME {
            reply.reply(Err(too_large(size)));
            return Output::default();
        }
        self.sends.insert(reference, Send { frame: frame.clone(), reply, size, retry: false });
        self.frames_if_connected(|_| Some(frame))
    }

    fn frames_if_connected(&mut self, frame: impl FnOnce(&mut Self) -> Option<Value>) -> Output {
        let frames = if self.connected { frame(self).into_iter().collect() } else { vec![] };
        Output { frames, updates: vec![] }
    }

    /// The frame that joins a room where it was left.
    fn join_frame(&mut self, room: RoomId) -> Option<Value> {
        let reference = self.next_ref();
        let followed = self.rooms.get_mut(&room)?;
        followed.joining.push(reference);
        followed.retry = false;
        let mut frame = json!({"action": "join", "roomId": room, "ref": reference});
        if let Some(known) = followed.known {
            frame["since"] = json!(known);
        }
        Some(frame)
    }

    /// Returns true where [`retry`](Self::retry) has something to do.
    pub(super) fn wants_retry(&self) -> bool {
        self.connected
            && (self.rooms.values().any(|room| room.retry) || self.sends.values().any(|send| send.retry))
    }

    /// Repeats the joins and sends that the server could not do for a while.
    pub(super) fn retry(&mut self) -> Vec<Value> {
        let rooms: Vec<RoomId> =
            self.rooms.iter().filter(|(_, room)| room.retry).map(|(id, _)| *id).collect();
        let mut frames: Vec<Value> = rooms.into_iter().filter_map(|room| self.join_frame(room)).collect();
        for send in self.sends.values_mut().filter(|send| send.retry) {
            send.retry = false;
            frames.push(send.frame.clone());
        }
        frames
    }

    /// A frame came from the server.
    pub(super) fn received(&mut self, mut frame: Value) -> Output {
        let reference = frame["ref"].as_u64();
        match frame["action"].as_str() {
            Some("ack") => reference
                .map_or_else(Output::default, |reference| self.acknowledged(reference, frame["data"].take())),
            Some("error") => {
                let error = ApiError::read(None, &frame)
                    .unwrap_or_else(|| unreadable(&format!("an error of an unknown shape: {frame}")));
                self.refused(reference, error)
            }
            // A join's `ack` says the same, and which join it is about.
            Some("joined" | "pong") | None => Output::default(),
            Some(_) => self.event(frame.into()),
        }
    }

    fn acknowledged(&mut self, reference: u64, data: Value) -> Output {
        if let Some(send) = self.sends.remove(&reference) {
            let message = serde_json::from_value(data);
            send.reply.reply(
                message
                    .map_err(|error| unreadable(&format!("the answer to a send is not a message: {error}"))),
            );
            return Output::default();
        }
        let followed = self.rooms.iter_mut().find(|(_, room)| room.joining.contains(&reference));
        let (Some((&room, followed)), Some(revision)) = (followed, data["revision"].as_i64()) else {
            return Output::default();
        };
        followed.joining.retain(|join| *join != reference);
        followed.replaying = followed.known.is_some();
        followed.known = followed.known.or(Some(revision));
        Output { updates: vec![Update::Joined { room, revision }], ..Output::default() }
    }

    fn refused(&mut self, reference: Option<u64>, error: ApiError) -> Output {
        let Some(reference) = reference else {
            return Output { updates: vec![Update::Error(error)], ..Output::default() };
        };
        if let Some(send) = self.sends.get_mut(&reference) {
            if error.is_temporary() {
                send.retry = true;
            } else if let Some(send) = self.sends.remove(&reference) {
                send.reply.reply(Err(error));
            }
            return Output::default();
        }
        let followed = self.rooms.iter_mut().find(|(_, room)| room.joining.contains(&reference));
        let Some((&room, followed)) = followed else {
            return Output { updates: vec![Update::Error(error)], ..Output::default() };
        };
        followed.joining.retain(|join| *join != reference);
        if error.is_temporary() {
            followed.retry = true;
            return Output::default();
        }
        self.rooms.remove(&room);
        Output { updates: vec![Update::Ended { room, reason: Some(error) }], ..Output::default() }
    }

    fn event(&mut self, event: Event) -> Output {
        let mut output = Output::default();
        let Some(room) = event.room() else {
            output.updates.push(Update::Event(event));
            return output;
        };
        let Some(followed) = self.rooms.get_mut(&room) else { return output };
        let Some(revision) = event.revision() else {
            output.updates.push(Update::Event(event));
            return output;
        };
        let known = followed.known.unwrap_or(revision - 1);
        if !followed.joining.is_empty() || followed.retry {
            return output;
        }
        if matches!(event, Event::CaughtUp { .. }) {
            followed.replaying = false;
            followed.known = Some(known.max(revision));
            output.updates.push(Update::Event(event));
            return output;
        }
        if revision <= known {
            return output;
        }
        if revision > known + 1 && !followed.replaying {
            // The server repairs a loss of its own, or this one is missing: either way, from where it is known.
            output.frames.extend(self.join_frame(room));
            return output;
        }
        followed.known = Some(revision);
        let over = match &event {
            Event::RoomDeleted { .. } => true,
            Event::MemberRemoved(event) => Some(event.user.id) == self.user,
            _ => false,
        };
        output.updates.push(Update::Event(event));
        if over {
            self.rooms.remove(&room);
            output.updates.push(Update::Ended { room, reason: None });
        }
        output
    }

    /// Returns the rooms that are followed, each with the revision up to which it is known.
    pub(super) fn known(&self) -> impl Iterator<Item = (RoomId, Option<i64>)> {
        self.rooms.iter().map(|(id, room)| (*id, room.known))
    }
}

fn unreadable(message: &str) -> ApiError {
    refusal("UNREADABLE", message.to_owned())
}

fn too_large(size: usize) -> ApiError {
    let message = format!(
        "The message takes {size} bytes, more than the server accepts at once; a text may have 1000 characters"
    );
    refusal("PAYLOAD_TOO_LARGE", message)
}

/// Makes a refusal that the server did not write.
fn refusal(code: &str, message: String) -> ApiError {
    let code = code.to_owned();
    ApiError { status: None, code, message, details: vec![], request_id: None, retry_after: None }
}
