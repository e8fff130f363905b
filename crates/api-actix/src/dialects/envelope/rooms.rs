//! Creating, listing and showing rooms.

use actix_web::web::Data as State;
use domain::Refusal::{QuotaExceeded, RoomNotFound};
use domain::message::{Anchor, HistoryQuery};
use domain::metadata::SentMetadata;
use domain::quota::QuotaKind;
use domain::room::{CreateRoomCommand, Description, RoomName, RoomQuery, RoomSort, Visibility};
use domain::{RoomId, SortOrder};

use super::TAG;
use super::answers::{CreateRoomResponse, RoomList, RoomResponse, Success};
use super::lists::ListQuery;
use super::views::Room;
use crate::http::{ApiError, FromFields, Input, Nullable};
use crate::routing::{Access, CurrentUser, Endpoint, get, post};
use crate::state::AppState;

/// The number of messages beside a single room.
const SHOWN: u32 = 50;

pub(super) fn endpoints() -> [Endpoint; 3] {
    [
        post("/dialects/envelope/api/rooms", create)
            .named("createRoom", TAG, "Create a public room")
            .refuses([QuotaExceeded(QuotaKind::Rooms)]),
        get("/dialects/envelope/api/rooms", list)
            .access(Access::Anyone)
            .named("listRooms", TAG, "List rooms")
            .about("Public rooms, and the caller's private ones."),
        get("/dialects/envelope/api/rooms/{roomId}", show)
            .access(Access::Anyone)
            .named("getRoom", TAG, "Get a room")
            .about("For members with its latest 50 messages, oldest first.")
            .refuses([RoomNotFound]),
    ]
}

/// A room.
#[derive(FromFields)]
pub(super) struct RoomPath {
    /// The room's id.
    pub room_id: RoomId,
}

/// A new public room.
#[derive(FromFields)]
#[fields(into = CreateRoomCommand)]
struct CreateRoom {
    name: RoomName,
    description: Nullable<Description>,
}

impl From<CreateRoom> for CreateRoomCommand {
    fn from(body: CreateRoom) -> Self {
        let CreateRoom { name, description } = body;
        let (visibility, metadata) = (Visibility::Public, SentMetadata::default());
        Self { name, description: description.0, visibility, metadata }
    }
}

async fn create(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), (), CreateRoom>,
) -> Result<Success<CreateRoomResponse, Room>, ApiError> {
    let (caller, command) = (caller.require()?, input.body);
    let made =
        state.write(|app| async move { app.use_cases.rooms.create.execute(caller, command).await }).await?;
    Ok(Success::new(Room::made(&made.room)))
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), ListQuery<RoomSort>>,
) -> Result<Success<RoomList, Vec<Room>>, ApiError> {
    let (page, sort, order) = input.query.parts();
    let query = RoomQuery { sort, order, ..RoomQuery::default() };
    let found = state.use_cases.rooms.list.execute(caller.id(), query, page).await?;
    Ok(Success::new(found.items.iter().map(|view| Room::listed(&view.room)).collect()))
}

async fn show(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath>,
) -> Result<Success<RoomResponse, Room>, ApiError> {
    let room = input.path.room_id;
    let view = state.use_cases.rooms.show.execute(caller.id(), room).await?;
    let messages = match caller.0 {
        Some(caller) if view.mine.is_some() => {
            let (anchor, order) = (Anchor::Newest, SortOrder::Ascending);
            let query = HistoryQuery::unfiltered(anchor, SHOWN, order);
            // Showing the room does not mark it read.
            state.use_cases.messages.read_history.execute(caller, room, query, false).await?.messages
        }
        _ => vec![],
    };
    Ok(Success::new(Room::with(&view.room, &messages)))
}
