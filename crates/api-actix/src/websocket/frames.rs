//! What clients say over the WebSocket, and what comes of it. The frames are those of the wire contract, section 5.

use std::sync::Arc;

use domain::RoomId;
use domain::account::Identity;
use domain::event::EphemeralKind;
use domain::limit::{LimitClass, LimitKey, LimitSet};
use domain::message::{Appended, ClientKey, Message, SendCommand};
use domain::room::{Revision, RoomView, Seq};
use serde_json::Value;

use crate::http::params::Id;
use crate::http::{ApiError, Detail, Fields, Flaw, TRACED, message_body, parse};
use crate::routing::rate_limit as limits;
use crate::state::AppState;

/// One thing that a client asks for.
pub(super) enum Ask {
    Authenticate { token: String },
    Join { room: RoomId, since: Option<Revision>, token: Option<String> },
    Leave { room: Option<RoomId> },
    Send(SendCommand),
    Typing { room: RoomId },
    Read { room: RoomId, seq: Seq },
    Ping,
}

/// A frame: what it asks for, what its sender calls it, and who they say they are.
pub(super) struct Frame {
    pub reference: Option<Value>,
    pub username: Option<String>,
    pub ask: Result<Ask, ApiError>,
}

impl Frame {
    /// Reads a frame; one that makes no sense still has its reference, where that can be read.
    pub(super) fn read(text: &str) -> Self {
        let mut fields = match parse(text) {
            Ok(fields) => fields,
            Err(error) => return Self { reference: None, username: None, ask: Err(error) },
        };
        let reference = fields.json("ref").filter(|reference| reference.is_string() || reference.is_number());
        let username = fields.optional::<String>("username");
        let ask = ask(&mut fields);
        let problems = std::mem::take(&mut fields.problems);
        match (username, ask) {
            (Ok(username), Ok(ask)) if problems.is_empty() => Self { reference, username, ask: Ok(ask) },
            _ => Self { reference, username: None, ask: Err(ApiError::invalid(problems)) },
        }
    }
}

fn ask(fields: &mut Fields) -> Result<Ask, Flaw> {
    let action = fields.required::<String>("action")?;
    match action.as_str() {
        "authenticate" => Ok(Ask::Authenticate { token: fields.required("token")? }),
        "join" => {
            let room = room(fields);
            let since = fields.integer("since", 0, i64::MAX);
            let token = fields.optional("token");
            Ok(Ask::Join { room: room?, since: since?.map(Revision), token: token? })
        }
        "leave" => Ok(Ask::Leave { room: fields.optional::<Id>("roomId")?.map(|id| RoomId(id.0)) }),
        "send-message" => send(fields),
        "typing" => Ok(Ask::Typing { room: room(fields)? }),
        "read" => {
            let (room, seq) = (room(fields), fields.integer("seq", 0, i64::MAX));
            match seq? {
                Some(seq) => Ok(Ask::Read { room: room?, seq: Seq(seq) }),
                None => Err(fields.problem("seq", "is missing")),
            }
        }
        "ping" => Ok(Ask::Ping),
        _ => Err(fields.problem(
            "action",
            "must be one of: authenticate, join, leave, send-message, typing, read, ping",
        )),
    }
}

fn room(fields: &mut Fields) -> Result<RoomId, Flaw> {
    Ok(RoomId(fields.required::<Id>("roomId")?.0))
}

fn send(fields: &mut Fields) -> Result<Ask, Flaw> {
    let room = room(fields);
    let body = message_body::read(fields, "message");
    let client_key = fields.nullable::<ClientKey>("clientId");
    Ok(Ask::Send(SendCommand { room: room?, body: body?, client_key: client_key?.flatten() }))
}

/// Where a client says who they are, it must be who they are.
pub(super) fn check_name(said: Option<&str>, caller: &Identity) -> Result<(), ApiError> {
    match said {
        Some(said) if !said.eq_ignore_ascii_case(caller.user.username.as_str()) => {
            let message = "must be the name of the token's owner".to_owned();
            Err(ApiError::invalid(vec![Detail { field: "username".to_owned(), message }]))
        }
        _ => Ok(()),
    }
}

/// Counts a frame against its user.
pub(crate) async fn count(api: &AppState, caller: &Identity) -> Result<(), ApiError> {
    let decision = limits::take(api, LimitSet::API, LimitClass::Api, LimitKey::User(caller.user.id)).await;
    limits::check(decision.as_ref())
}

/// Sends a message; answers it as REST shows it.
#[tracing::instrument(
    target = TRACED,
    name = "socket send",
    skip_all,
    fields(otel.kind = "server", user.id = %caller.user.id, room.id = %command.room)
)]
pub(crate) async fn say(
    api: &Arc<AppState>,
    caller: Identity,
    command: SendCommand,
) -> Result<Message, ApiError> {
    let worker = api.clone();
    let appended =
        api.finish(async move { worker.use_cases.send_message.execute(caller, command).await }).await?;
    Ok(match appended {
        Appended::New(message) | Appended::Replayed(message) => message,
    })
}

/// Refuses a room more to who listens to as many as a user may.
pub(crate) fn check_rooms(api: &AppState, caller: &Identity) -> Result<(), ApiError> {
    if api.hub.load_of(caller.user.id).rooms < api.settings.subscriptions_per_user {
        Ok(())
    } else {
        Err(ApiError::too_many_rooms())
    }
}

/// Comes into a room, as a member of it: by joining, unless it is only to catch up.
#[tracing::instrument(
    target = TRACED,
    name = "socket join",
    skip_all,
    fields(otel.kind = "server", user.id = %caller.user.id, room.id = %room)
)]
pub(crate) async fn enter(
    api: &Arc<AppState>,
    caller: &Identity,
    room: RoomId,
    since: Option<Revision>,
) -> Result<RoomView, ApiError> {
    // A session that is over enters nothing, whatever this socket has heard of it.
    api.use_cases.authenticate.still_valid(caller).await?;
    let view = api.use_cases.show_room.execute(Some(caller.user.id), room).await?;
    if view.mine.is_some() {
        return Ok(view);
    }
    if since.is_some() {
        return Err(domain::Refusal::NotAMember.into());
    }
    let (worker, joiner) = (api.clone(), caller.clone());
    api.finish(async move { worker.use_cases.join_room.execute(joiner, room).await }).await?;
    Ok(api.use_cases.show_room.execute(Some(caller.user.id), room).await?)
}

/// Tells the others of a room something of the moment; for members.
#[tracing::instrument(
    target = TRACED,
    name = "socket tell",
    skip_all,
    fields(otel.kind = "server", user.id = %caller.user.id, room.id = %room)
)]
pub(super) async fn tell(
    api: &Arc<AppState>,
    caller: &Identity,
    room: RoomId,
    kind: EphemeralKind,
) -> Result<(), ApiError> {
    if let EphemeralKind::Read(seq) = kind {
        api.use_cases.authenticate.still_valid(caller).await?;
        let (worker, reader) = (api.clone(), caller.clone());
        // Which tells the others itself.
        return api.finish(async move { worker.use_cases.mark_read.execute(reader, room, seq).await }).await;
    }
    api.use_cases.check_member.execute(caller.clone(), room).await?;
    api.hub.say(room, caller.user.clone(), kind);
    Ok(())
}
