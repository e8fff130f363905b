//! The frames that clients send: wire contract, section 5.

use domain::account::Identity;
use domain::message::{self, ClientKey, Content, Emoji, MessageKind, SendCommand};
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId};
use serde_json::value::RawValue;

use crate::http::{
    ApiError, Detail, Fields, FromFields, Id, InvalidField, Nullable, SentExtras, message_body, parse,
};

/// The action of a frame.
pub(super) enum Action {
    Authenticate(Authenticate),
    Join(Join),
    Leave(Leave),
    Send(SendCommand),
    Typing(Typing),
    Read(Read),
    React(React),
    Unreact(Unreact),
    Subscribe(Subscribe),
    Unsubscribe,
    Ping,
}

/// Authenticate, or bring a newer token.
#[derive(FromFields)]
#[fields(name = "AuthenticateFrame")]
pub(super) struct Authenticate {
    /// The accessToken of a login.
    pub token: String,
}

/// Join a room and subscribe to it.
#[derive(FromFields)]
#[fields(name = "JoinFrame")]
pub(super) struct Join {
    pub room_id: RoomId,
    /// The last revision that the client has; what it missed is replayed.
    pub since: Option<Revision>,
    /// The accessToken of a login.
    pub token: Option<String>,
}

/// Unsubscribe from a room.
#[derive(FromFields)]
#[fields(name = "LeaveFrame")]
pub(super) struct Leave {
    /// The room; without it, every room.
    pub room_id: Option<RoomId>,
}

/// Send a message.
#[derive(FromFields)]
#[fields(name = "SendMessageFrame", output = SendCommand, then = sent)]
pub(super) struct SendMessage {
    room_id: RoomId,
    /// By default `text`.
    #[field(name = "type")]
    kind: Option<MessageKind>,
    /// The text; a file may go without.
    message: Nullable<Content>,
    /// The uploaded file, where the type is not `text`.
    file_id: Nullable<Id>,
    #[field(flatten = SentExtras)]
    extras: message::SentExtras,
    /// The idempotency key of the message.
    client_id: Nullable<ClientKey>,
}

fn sent(
    fields: &mut Fields,
    room: Result<RoomId, InvalidField>,
    kind: Result<Option<MessageKind>, InvalidField>,
    content: Result<Nullable<Content>, InvalidField>,
    file: Result<Nullable<Id>, InvalidField>,
    extras: Result<message::SentExtras, InvalidField>,
    client_key: Result<Nullable<ClientKey>, InvalidField>,
) -> Result<SendCommand, InvalidField> {
    let body = message_body::check(fields, "message", kind, content, file);
    Ok(SendCommand { room: room?, body: body?, extras: extras?, client_key: client_key?.0 })
}

/// Show that the user types.
#[derive(FromFields)]
#[fields(name = "TypingFrame")]
pub(super) struct Typing {
    pub room_id: RoomId,
}

/// Move the read mark.
#[derive(FromFields)]
#[fields(name = "ReadFrame")]
pub(super) struct Read {
    pub room_id: RoomId,
    /// The last message that was read.
    pub seq: Seq,
}

/// React to a message.
#[derive(FromFields)]
#[fields(name = "ReactFrame")]
pub(super) struct React {
    pub room_id: RoomId,
    /// The message.
    pub id: MessageId,
    pub emoji: Emoji,
}

/// Take a reaction back.
#[derive(FromFields)]
#[fields(name = "UnreactFrame")]
pub(super) struct Unreact {
    pub room_id: RoomId,
    /// The message.
    pub id: MessageId,
    pub emoji: Emoji,
}

/// Subscribe to everything of all of the user's rooms.
#[derive(FromFields)]
#[fields(name = "SubscribeFrame")]
pub(super) struct Subscribe {
    /// The cursor of an earlier `synced`, or of a sync; what changed since comes first.
    pub since: Nullable<String>,
}

/// A frame: its action, the client's reference for the reply, and the username that the client gives.
pub(super) struct Frame {
    /// As it was written, so that it comes back as it was sent.
    pub reference: Option<Box<RawValue>>,
    pub username: Option<String>,
    pub action: Result<Action, ApiError>,
}

impl Frame {
    /// Parses a frame; an invalid one keeps its reference, where that can be read.
    pub(super) fn parse(text: &str) -> Self {
        let mut fields = match parse(text) {
            Ok(fields) => fields,
            Err(error) => return Self { reference: None, username: None, action: Err(error) },
        };
        let reference = fields.as_written("ref");
        let username = fields.optional::<String>("username");
        let action = action(&mut fields);
        let problems = std::mem::take(&mut fields.problems);
        match (username, action) {
            (Ok(username), Ok(action)) if problems.is_empty() => {
                Self { reference, username, action: Ok(action) }
            }
            _ => Self { reference, username: None, action: Err(ApiError::invalid(problems)) },
        }
    }
}

fn action(fields: &mut Fields) -> Result<Action, InvalidField> {
    let action = fields.required::<String>("action")?;
    Ok(match action.as_str() {
        "authenticate" => Action::Authenticate(Authenticate::read(fields)?),
        "join" => Action::Join(Join::read(fields)?),
        "leave" => Action::Leave(Leave::read(fields)?),
        "send-message" => Action::Send(SendMessage::read(fields)?),
        "typing" => Action::Typing(Typing::read(fields)?),
        "read" => Action::Read(Read::read(fields)?),
        "react" => Action::React(React::read(fields)?),
        "unreact" => Action::Unreact(Unreact::read(fields)?),
        "subscribe" => Action::Subscribe(Subscribe::read(fields)?),
        "unsubscribe" => Action::Unsubscribe,
        "ping" => Action::Ping,
        _ => {
            let known = "must be one of: authenticate, join, leave, send-message, typing, read, react, unreact, subscribe, \
                unsubscribe, ping";
            return Err(fields.problem("action", known));
        }
    })
}

/// Rejects a username that is not the token owner's. A frame need not have one.
pub(super) fn check_username(username: Option<&str>, caller: &Identity) -> Result<(), ApiError> {
    match username {
        Some(username) if !username.eq_ignore_ascii_case(caller.user.username.as_str()) => {
            let message = "must be the name of the token's owner".to_owned();
            Err(ApiError::invalid(vec![Detail { field: "username".to_owned(), message }]))
        }
        _ => Ok(()),
    }
}
