//! The frames that clients send: wire contract, section 5.

use domain::RoomId;
use domain::account::Identity;
use domain::message::{ClientKey, SendCommand};
use domain::room::{Revision, Seq};
use serde_json::Value;

use crate::http::{ApiError, Detail, Fields, Id, InvalidField, message_body, parse};

/// The action of a frame.
pub(super) enum Action {
    Authenticate { token: String },
    Join { room: RoomId, since: Option<Revision>, token: Option<String> },
    Leave { room: Option<RoomId> },
    Send(SendCommand),
    Typing { room: RoomId },
    Read { room: RoomId, seq: Seq },
    Ping,
}

/// A frame: its action, the client's reference for the reply, and the username that the client gives.
pub(super) struct Frame {
    pub reference: Option<Value>,
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
        let reference = fields.json("ref").filter(|reference| reference.is_string() || reference.is_number());
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
    match action.as_str() {
        "authenticate" => Ok(Action::Authenticate { token: fields.required("token")? }),
        "join" => {
            let room = room(fields);
            let since = fields.integer("since", 0, i64::MAX);
            let token = fields.optional("token");
            Ok(Action::Join { room: room?, since: since?.map(Revision), token: token? })
        }
        "leave" => Ok(Action::Leave { room: fields.optional::<Id>("roomId")?.map(|id| RoomId(id.0)) }),
        "send-message" => send(fields),
        "typing" => Ok(Action::Typing { room: room(fields)? }),
        "read" => {
            let (room, seq) = (room(fields), fields.integer("seq", 0, i64::MAX));
            match seq? {
                Some(seq) => Ok(Action::Read { room: room?, seq: Seq(seq) }),
                None => Err(fields.problem("seq", "is missing")),
            }
        }
        "ping" => Ok(Action::Ping),
        _ => Err(fields.problem(
            "action",
            "must be one of: authenticate, join, leave, send-message, typing, read, ping",
        )),
    }
}

fn room(fields: &mut Fields) -> Result<RoomId, InvalidField> {
    Ok(RoomId(fields.required::<Id>("roomId")?.0))
}

fn send(fields: &mut Fields) -> Result<Action, InvalidField> {
    let room = room(fields);
    let body = message_body::read(fields, "message");
    let client_key = fields.nullable::<ClientKey>("clientId");
    Ok(Action::Send(SendCommand { room: room?, body: body?, client_key: client_key?.flatten() }))
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
