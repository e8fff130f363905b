//! Making, listing and showing rooms.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::message::{Anchor, HistoryQuery};
use domain::room::{CreateRoomCommand, Description, RoomName, RoomQuery, RoomSort, Visibility};
use domain::{RoomId, SortOrder};

use super::lists::ListQuery;
use super::views::Room;
use super::{success, words};
use crate::http::params::Id;
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::routing::Signed;
use crate::state::AppState;

/// How many messages a room is shown with.
const SHOWN: u32 = 50;

pub(super) struct RoomPath(pub RoomId);

impl FromFields for RoomPath {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self(RoomId(fields.required::<Id>("roomId")?.0)))
    }
}

pub(super) struct CreateBody(CreateRoomCommand);

impl FromFields for CreateBody {
    const LENIENT: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let name = fields.required::<RoomName>("name");
        let description = fields.nullable::<Description>("description");
        let (name, description, visibility) = (name?, description?.flatten(), Visibility::Public);
        Ok(Self(CreateRoomCommand { name, description, visibility }))
    }
}

pub(super) async fn create(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, Nothing, CreateBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, command) = (caller.in_()?, input.body.0);
    let worker = api.clone().into_inner();
    let made = api
        .into_inner()
        .finish(async move { worker.use_cases.create_room.execute(caller, command).await })
        .await?;
    Ok(success(StatusCode::CREATED, words::ROOM_MADE, Room::made(&made.room)))
}

pub(super) async fn list(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, ListQuery<RoomSort>>,
) -> Result<HttpResponse, ApiError> {
    let ListQuery { page, sort, order } = input.query;
    let query = RoomQuery { sort, order, ..RoomQuery::default() };
    let caller = caller.0.map(|caller| caller.user.id);
    let found = api.use_cases.list_rooms.execute(caller, query, page).await?;
    let rooms: Vec<Room> = found.items.iter().map(|view| Room::listed(&view.room)).collect();
    Ok(success(StatusCode::OK, words::ROOMS, rooms))
}

pub(super) async fn show(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath>,
) -> Result<HttpResponse, ApiError> {
    let (RoomPath(room), user) = (input.path, caller.0.as_ref().map(|caller| caller.user.id));
    let view = api.use_cases.show_room.execute(user, room).await?;
    let messages = match caller.0 {
        Some(caller) if view.mine.is_some() => {
            let (anchor, order) = (Anchor::Newest, SortOrder::Ascending);
            let query = HistoryQuery { anchor, limit: SHOWN, order, kind: None, sender: None };
            // A look at the room is no reading of it.
            api.use_cases.read_history.execute(caller, room, query, false).await?.messages
        }
        _ => vec![],
    };
    Ok(success(StatusCode::OK, words::ROOM, Room::with(&view.room, &messages)))
}
