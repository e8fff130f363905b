//! The dialect `ryos`: the Rooms API of source document S2, under `/dialects/ryos`.

mod input;
mod views;

use actix_web::http::StatusCode;
use actix_web::web::Data as State;
use domain::Refusal::{LastAdmin, NotAllowed, QuotaExceeded, RoomNotFound, SlugTaken, UserNotFound};
use domain::compat::ryos::{Mark, Roster};
use domain::quota::QuotaKind;
use serde_json::{Map, Value, json};

use crate::http::{ApiError, ErrorCode, Input, UnknownFields};
use crate::json::Bare;
use crate::routing::{Access, CurrentUser, Endpoint, Surface, Tag, delete, get, post};
use crate::state::AppState;
use input::{CreateRoom, ListRooms, NamedUser, NewRoom, Presence, RoomPath};
use views::{Room, RoomList, RoomResponse, Success, UserList, names};

const TAG: Tag = Tag { name: "ryos", about: "Rooms with presence by username." };

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/dialects/ryos/api/rooms", list)
            .access(Access::Anyone)
            .named("listRooms", TAG, "List rooms")
            .about("Public rooms, and the private ones of the named caller."),
        post("/dialects/ryos/api/rooms", create)
            .named("createRoom", TAG, "Create a room")
            .about("Server admins create public rooms; any user creates a private one with its members.")
            .refuses([NotAllowed, QuotaExceeded(QuotaKind::Rooms), UserNotFound, SlugTaken]),
        get("/dialects/ryos/api/rooms/{id}", show)
            .access(Access::Anyone)
            .named("getRoom", TAG, "Get a room")
            .refuses([RoomNotFound]),
        delete("/dialects/ryos/api/rooms/{id}", remove)
            .named("deleteRoom", TAG, "Delete or leave a room")
            .about("Server admins delete a public room; members leave a private one.")
            .refuses([RoomNotFound, NotAllowed, LastAdmin]),
        post("/dialects/ryos/api/rooms/{id}/join", join)
            .access(Access::Anyone)
            .named("joinRoom", TAG, "Mark a user as present")
            .refuses([RoomNotFound, UserNotFound]),
        post("/dialects/ryos/api/rooms/{id}/leave", leave)
            .access(Access::Anyone)
            .named("leaveRoom", TAG, "Mark a user as absent")
            .refuses([RoomNotFound, UserNotFound]),
        get("/dialects/ryos/api/rooms/{id}/users", users)
            .access(Access::Anyone)
            .named("listUsers", TAG, "List the users who are present")
            .refuses([RoomNotFound]),
    ]
}

pub(super) fn surface() -> Surface {
    Surface {
        title: "Parlor: the dialect ryos".to_owned(),
        about: "Rooms with presence by username. A public room goes by its slug, a private one by its UUID without \
            hyphens. Accounts and tokens come from `/api/auth`. Unknown members of bodies are ignored.",
        base: "/dialects/ryos",
        error: "Error",
        schemas: Map::from_iter([(
            "Error".to_owned(),
            json!({"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}),
        )]),
        shape: error,
        unknown: UnknownFields::Ignored,
    }
}

/// Writes an error in S2's words, where it has some.
pub(super) fn error(error: &ApiError) -> Value {
    let message = match (error.status(), error.code()) {
        (StatusCode::BAD_REQUEST, _) => "Invalid request",
        (StatusCode::UNAUTHORIZED, _) => "Authentication required",
        (StatusCode::FORBIDDEN, _) => "Forbidden",
        (_, ErrorCode::RoomNotFound) => "Room not found",
        (_, ErrorCode::UserNotFound) => "User not found",
        (StatusCode::TOO_MANY_REQUESTS, _) => "Rate limit exceeded",
        _ => error.message(),
    };
    json!({"error": message})
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), ListRooms>,
) -> Result<Bare<RoomList>, ApiError> {
    let rosters = state.use_cases.ryos.list_rosters.execute(caller.0, input.query.username.0).await?;
    Ok(Bare(RoomList { rooms: rosters.iter().map(Room::from).collect() }))
}

async fn create(
    state: State<AppState>,
    NamedUser(caller): NamedUser,
    input: Input<(), (), CreateRoom>,
) -> Result<Bare<RoomResponse, 201>, ApiError> {
    let roster = state
        .write(|app| async move {
            match input.body {
                NewRoom::Private(members) => app.use_cases.ryos.create_group.execute(caller, members).await,
                NewRoom::Public(name) => {
                    let room = app.use_cases.ryos.create_public_room.execute(caller, name).await?;
                    Ok(Roster { room, members: vec![], active: vec![] })
                }
            }
        })
        .await?;
    Ok(Bare(RoomResponse::of(&roster)))
}

async fn show(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath>,
) -> Result<Bare<RoomResponse>, ApiError> {
    let roster = state.use_cases.ryos.show_roster.execute(caller.id(), input.path.key()?).await?;
    Ok(Bare(RoomResponse::of(&roster)))
}

async fn users(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath>,
) -> Result<Bare<UserList>, ApiError> {
    let roster = state.use_cases.ryos.show_roster.execute(caller.id(), input.path.key()?).await?;
    Ok(Bare(UserList { users: names(&roster.active) }))
}

async fn remove(
    state: State<AppState>,
    NamedUser(caller): NamedUser,
    input: Input<RoomPath>,
) -> Result<Bare<Success>, ApiError> {
    let room = input.path.key()?;
    state
        .write(|app| async move { app.use_cases.ryos.delete_or_leave_room.execute(caller, room).await })
        .await?;
    Ok(Bare(Success::DONE))
}

async fn join(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, (), Presence>,
) -> Result<Bare<Success>, ApiError> {
    let (room, name) = (input.path.key()?, input.body.username);
    state.use_cases.ryos.mark_presence.execute(caller.0, room, name, Mark::Join).await?;
    Ok(Bare(Success::DONE))
}

async fn leave(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, (), Presence>,
) -> Result<Bare<Success>, ApiError> {
    let (room, name) = (input.path.key()?, input.body.username);
    state.use_cases.ryos.mark_presence.execute(caller.0, room, name, Mark::Leave).await?;
    Ok(Bare(Success::DONE))
}
