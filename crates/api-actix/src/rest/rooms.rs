//! `/api/rooms`

use actix_web::web::Data as State;
use domain::Refusal::{
    AdminRequired, IdempotencyConflict, NotAMember, NotAllowed, QuotaExceeded, RoomNotFound,
};
use domain::idempotency::{Idempotent, Outcome};
use domain::metadata::SentMetadata;
use domain::quota::QuotaKind;
use domain::room::{
    CreateRoomCommand, Description, RoomChange, RoomName, RoomQuery, RoomSort, RoomView, Search, Visibility,
};
use domain::{PageRequest, SortOrder, StoreError};

use super::ROOMS;
use crate::http::idempotency::IdempotencyKey;
use crate::http::params::{PageQuery, RoomPath};
use crate::http::{ApiError, FromFields, Input, Nullable, Removable, choices};
use crate::json::{Created, Data, KeptAnswer, NoContent, Page, Repeatable, Room};
use crate::routing::{Access, CurrentUser, Endpoint, delete, get, patch, post, put};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 6] {
    let update = "Absent fields stay as they are; a null description is removed.";
    [
        get("/api/rooms", list)
            .access(Access::Anyone)
            .named("listRooms", ROOMS, "List rooms")
            .about("Public rooms, and the caller's private ones. With `search`, `total` is a lower bound before the last page."),
        post("/api/rooms", create)
            .named("createRoom", ROOMS, "Create a room")
            .about(
                "The creator becomes the room's admin. A repeat with the same `Idempotency-Key` within 24 hours gets the \
                 first answer.",
            )
            .refuses([QuotaExceeded(QuotaKind::Rooms), IdempotencyConflict]),
        get("/api/rooms/{id}", show)
            .access(Access::Anyone)
            .named("getRoom", ROOMS, "Get a room")
            .refuses([RoomNotFound]),
        put("/api/rooms/{id}", change)
            .named("replaceRoom", ROOMS, "Update a room with PUT")
            .about(update)
            .refuses([RoomNotFound, NotAMember, AdminRequired, NotAllowed]),
        patch("/api/rooms/{id}", change).named("updateRoom", ROOMS, "Update a room").about(update).refuses([
            RoomNotFound,
            NotAMember,
            AdminRequired,
            NotAllowed,
        ]),
        delete("/api/rooms/{id}", remove).named("deleteRoom", ROOMS, "Delete a room").refuses([
            RoomNotFound,
            NotAMember,
            AdminRequired,
        ]),
    ]
}

choices! {
    RoomSort {
        "createdAt" => Self::CreatedAt,
        "name" => Self::Name,
        "memberCount" => Self::MemberCount,
        "lastMessageAt" => Self::LastMessageAt,
    }
}

/// The filters and the order of a list of rooms.
#[derive(FromFields)]
struct ListRooms {
    #[field(flatten = PageQuery)]
    page: PageRequest,
    /// Only rooms with this text in their name or description, regardless of case, accents, width and Unicode form.
    search: Option<Search>,
    /// Only rooms of this visibility.
    visibility: Option<Visibility>,
    /// `true`: only rooms that the caller is in. `false`: only other rooms.
    joined: Option<bool>,
    /// The value to sort by. By `lastMessageAt`, rooms without messages come last in either order.
    #[field(default = RoomSort::CreatedAt)]
    sort: RoomSort,
    /// `desc`: greatest or newest first.
    #[field(default = SortOrder::Descending)]
    order: SortOrder,
}

/// A new room.
#[derive(FromFields)]
#[fields(into = CreateRoomCommand)]
struct CreateRoom {
    name: RoomName,
    description: Nullable<Description>,
    #[field(default = Visibility::Public)]
    visibility: Visibility,
    metadata: Option<SentMetadata>,
}

impl From<CreateRoom> for CreateRoomCommand {
    fn from(body: CreateRoom) -> Self {
        let CreateRoom { name, description, visibility, metadata } = body;
        Self { name, description: description.0, visibility, metadata: metadata.unwrap_or_default() }
    }
}

/// Changes to a room.
#[derive(FromFields)]
#[fields(into = RoomChange)]
struct UpdateRoom {
    name: Option<RoomName>,
    /// Null removes it.
    description: Removable<Description>,
    visibility: Option<Visibility>,
    /// Replaces the former metadata as a whole.
    metadata: Option<SentMetadata>,
}

impl From<UpdateRoom> for RoomChange {
    fn from(body: UpdateRoom) -> Self {
        let UpdateRoom { name, description, visibility, metadata } = body;
        let metadata = metadata.map(|metadata| metadata.kept);
        Self { name, description: description.0, visibility, metadata }
    }
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), ListRooms>,
) -> Result<Page<Room>, ApiError> {
    let ListRooms { page: request, search, visibility, joined, sort, order } = input.query;
    let query = RoomQuery { search, visibility, joined, sort, order };
    let page = state.use_cases.rooms.list.execute(caller.id(), query, request).await?;
    Ok(Page::of(&page, request, Room::from))
}

async fn create(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), (), CreateRoom, IdempotencyKey>,
) -> Result<Repeatable<Created<Room>>, ApiError> {
    let (caller, command) = (caller.require()?, input.body);
    let idempotent = input.headers.key().map(|key| Idempotent { key, encode: kept_room });
    let outcome = state
        .write(|app| async move {
            match idempotent {
                Some(idempotent) => {
                    app.use_cases.rooms.create.execute_once(caller, command, idempotent).await
                }
                None => app.use_cases.rooms.create.execute(caller, command).await.map(Outcome::Done),
            }
        })
        .await?;
    Ok(match outcome {
        Outcome::Done(view) => Repeatable::First(Created(Room::from(&view), room_path(&view))),
        Outcome::Repeated(answer) => Repeatable::Repeated(KeptAnswer::decode(&answer)?),
    })
}

fn kept_room(view: &RoomView) -> Result<Vec<u8>, StoreError> {
    KeptAnswer::encode(Room::from(view), Some(room_path(view)))
}

fn room_path(view: &RoomView) -> String {
    format!("/api/rooms/{}", view.room.id)
}

async fn show(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath>,
) -> Result<Data<Room>, ApiError> {
    let view = state.use_cases.rooms.show.execute(caller.id(), input.path.id).await?;
    Ok(Data(Room::from(&view)))
}

async fn change(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, (), UpdateRoom>,
) -> Result<Data<Room>, ApiError> {
    let (caller, room, change) = (caller.require()?, input.path.id, input.body);
    let view = state
        .write(|app| async move { app.use_cases.rooms.update.execute(caller, room, change).await })
        .await?;
    Ok(Data(Room::from(&view)))
}

async fn remove(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath>,
) -> Result<NoContent, ApiError> {
    let (caller, room) = (caller.require()?, input.path.id);
    state.write(|app| async move { app.use_cases.rooms.delete.execute(caller, room).await }).await?;
    Ok(NoContent)
}
