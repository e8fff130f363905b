//! The dialect `actions`: logging in, rooms and history for clients of the `{"action": …}` WebSocket, whose own path is
//! [`CHAT`].

mod input;
mod views;

use std::collections::BTreeSet;

use actix_web::HttpRequest;
use actix_web::web::Data as State;
use domain::Refusal::{InvalidCredentials, NotAMember, QuotaExceeded, RoomNotFound};
use domain::account::Identity;
use domain::limit::LimitClass;
use domain::message::HistoryQuery;
use domain::metadata::SentMetadata;
use domain::quota::QuotaKind;
use domain::room::{CreateRoomCommand, RoomQuery, Visibility};
use domain::{PageRequest, SortOrder};
use serde_json::{Map, Value, json};

use crate::http::{ApiError, ErrorCode, Input, UnknownFields};
use crate::json::Bare;
use crate::rest::auth;
use crate::routing::{Access, CurrentUser, Endpoint, Surface, Tag, get, post};
use crate::state::AppState;
use input::{Before, CreateRoom, JoinRoom, LogIn, RoomPath};
use views::{CreatedRoom, History, HistoryMessage, JoinedRoom, LoggedIn, Room, RoomList};

/// The same socket as `/chat`, where clients that know one base look for it.
pub(super) const CHAT: &str = "/dialects/actions/chat";
/// The number of messages in a history.
const HISTORY: u32 = 100;
/// The list of rooms has no pages on the wire; it is read in pages of this size, and only this many of them.
const ROOMS_AT_ONCE: u32 = 100;
const ROOM_PAGES: u64 = 10;

const TAG: Tag = Tag { name: "actions", about: "Calls beside the `{\"action\": …}` WebSocket." };

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/dialects/actions/api/login", log_in)
            .access(Access::NoToken)
            .limit(LimitClass::Auth)
            .named("logIn", TAG, "Log in")
            .refuses([InvalidCredentials]),
        post("/dialects/actions/api/create-room", create_room)
            .named("createRoom", TAG, "Create a public room")
            .refuses([not_the_owner("creator"), QuotaExceeded(QuotaKind::Rooms).into()]),
        get("/dialects/actions/api/rooms", rooms)
            .named("listRooms", TAG, "List rooms")
            .about("The newest 1000 rooms that the caller may see."),
        post("/dialects/actions/api/join-room", join_room).named("joinRoom", TAG, "Join a room").refuses([
            not_the_owner("username"),
            RoomNotFound.into(),
            QuotaExceeded(QuotaKind::Memberships).into(),
        ]),
        get("/dialects/actions/api/chat-history/{roomId}", history)
            .head(peek)
            .named("listMessages", TAG, "List messages")
            .about("The latest 100 messages, oldest first. The call marks them as read.")
            .refuses([RoomNotFound, NotAMember]),
    ]
}

pub(super) fn surface() -> Surface {
    Surface {
        title: "Parlor: the dialect actions".to_owned(),
        about: "The HTTP calls of clients of the `{\"action\": …}` WebSocket. The socket itself is `/chat` below the same \
            base. Unknown members of bodies are ignored.",
        base: "/dialects/actions",
        error: "Error",
        schemas: Map::from_iter([(
            "Error".to_owned(),
            json!({
                "type": "object",
                "required": ["status", "message"],
                "properties": {"status": {"type": "string", "const": "error"}, "message": {"type": "string"}},
            }),
        )]),
        shape: error,
        unknown: UnknownFields::Ignored,
    }
}

pub(super) fn error(error: &ApiError) -> Value {
    json!({"status": "error", "message": sentence(error)})
}

async fn log_in(
    state: State<AppState>,
    request: HttpRequest,
    input: Input<(), (), LogIn>,
) -> Result<Bare<LoggedIn>, ApiError> {
    let done = auth::begin_session(&state, &request, input.body).await?;
    Ok(Bare(LoggedIn::new(done.token.text)))
}

async fn create_room(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), (), CreateRoom>,
) -> Result<Bare<CreatedRoom, 201>, ApiError> {
    let (caller, CreateRoom { room_name: name, creator }) = (caller.require()?, input.body);
    own_name("creator", creator.0.as_deref(), &caller)?;
    let command = CreateRoomCommand {
        name,
        description: None,
        visibility: Visibility::Public,
        metadata: SentMetadata::default(),
    };
    let view =
        state.write(|app| async move { app.use_cases.rooms.create.execute(caller, command).await }).await?;
    Ok(Bare(CreatedRoom::new(view.room.id.0)))
}

async fn rooms(state: State<AppState>, caller: CurrentUser) -> Result<Bare<RoomList>, ApiError> {
    let caller = caller.require()?.user.id;
    // A room that is created meanwhile moves others to the next page, where they are met again.
    let (mut rooms, mut met) = (vec![], BTreeSet::new());
    for page in 1..=ROOM_PAGES {
        let request = PageRequest { page, limit: ROOMS_AT_ONCE };
        let found = state.use_cases.rooms.list.execute(Some(caller), RoomQuery::default(), request).await?;
        let more = found.has_more(request);
        let new = found.items.into_iter().filter(|view| met.insert(view.room.id.0));
        rooms.extend(new.map(|view| Room::from(&view.room)));
        if !more {
            break;
        }
    }
    Ok(Bare(RoomList(rooms)))
}

async fn join_room(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), (), JoinRoom>,
) -> Result<Bare<JoinedRoom>, ApiError> {
    let (caller, JoinRoom { room_id: room, username }) = (caller.require()?, input.body);
    own_name("username", username.0.as_deref(), &caller)?;
    let view = state
        .write(|app| async move {
            let user = caller.user.id;
            app.use_cases.members.join.execute(caller, room).await?;
            app.use_cases.rooms.show.execute(Some(user), room).await
        })
        .await?;
    Ok(Bare(JoinedRoom::new(format!("Joined room {}", view.room.name))))
}

async fn history(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, Before>,
) -> Result<Bare<History>, ApiError> {
    read(state, caller, input, true).await
}

/// `HEAD` of the history marks nothing read.
async fn peek(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, Before>,
) -> Result<Bare<History>, ApiError> {
    read(state, caller, input, false).await
}

async fn read(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, Before>,
    mark_read: bool,
) -> Result<Bare<History>, ApiError> {
    let (RoomPath { room_id: room }, anchor) = (input.path, input.query);
    let query = HistoryQuery::unfiltered(anchor, HISTORY, SortOrder::Ascending);
    let window =
        state.use_cases.messages.read_history.execute(caller.require()?, room, query, mark_read).await?;
    Ok(Bare(History {
        room_id: room.0,
        messages: window.messages.iter().map(HistoryMessage::from).collect(),
    }))
}

/// Rejects a name that a client sends as its own and that is not the token owner's. Case does not matter, and no name is fine.
fn own_name(field: &str, given: Option<&str>, caller: &Identity) -> Result<(), ApiError> {
    match given {
        Some(name) if !name.trim().eq_ignore_ascii_case(caller.user.username.as_str()) => {
            Err(not_the_owner(field))
        }
        _ => Ok(()),
    }
}

/// The error of a name that is not the token owner's.
fn not_the_owner(field: &str) -> ApiError {
    ApiError::new(ErrorCode::NotAllowed, format!("{field} must be the name of the token's owner"))
}

/// Every problem in one sentence, for shapes without details.
fn sentence(error: &ApiError) -> String {
    let details: Vec<_> =
        error.details().iter().map(|detail| format!("{} {}", detail.field, detail.message)).collect();
    if details.is_empty() { error.message().to_owned() } else { details.join("; ") }
}
