//! `/api/rooms`

use actix_web::{HttpResponse, web};
use domain::PageRequest;
use domain::room::{CreateRoomCommand, Description, RoomChange, RoomName, RoomQuery, RoomSort, Search};

use crate::http::params::VISIBILITIES;
use crate::http::params::{ORDERS, RoomPath};
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::json::{Data, List, PageInfo, Room};
use crate::routing::Signed;
use crate::state::AppState;

const SORTS: &[(&str, RoomSort)] = &[
    ("createdAt", RoomSort::CreatedAt),
    ("name", RoomSort::Name),
    ("memberCount", RoomSort::MemberCount),
    ("lastMessageAt", RoomSort::LastMessageAt),
];

pub(super) struct ListQuery(RoomQuery, PageRequest);

impl FromFields for ListQuery {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let page = PageRequest::read(fields);
        let search = fields.optional::<Search>("search");
        let visibility = fields.one_of("visibility", VISIBILITIES);
        let joined = fields.one_of("joined", &[("true", true), ("false", false)]);
        let sort = fields.one_of("sort", SORTS);
        let order = fields.one_of("order", ORDERS);
        let query = RoomQuery {
            search: search?.filter(|search| !search.as_str().is_empty()),
            visibility: visibility?,
            joined: joined?,
            sort: sort?.unwrap_or_default(),
            order: order?.unwrap_or_default(),
        };
        Ok(Self(query, page?))
    }
}

pub(super) struct CreateBody(CreateRoomCommand);

impl FromFields for CreateBody {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let name = fields.required::<RoomName>("name");
        let description = fields.nullable::<Description>("description");
        let visibility = fields.one_of("visibility", VISIBILITIES);
        Ok(Self(CreateRoomCommand {
            name: name?,
            description: description?.flatten(),
            visibility: visibility?.unwrap_or_default(),
        }))
    }
}

pub(super) struct ChangeBody(RoomChange);

impl FromFields for ChangeBody {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let name = fields.optional::<RoomName>("name");
        let description = fields.nullable::<Description>("description");
        let visibility = fields.one_of("visibility", VISIBILITIES);
        Ok(Self(RoomChange { name: name?, description: description?, visibility: visibility? }))
    }
}

pub(super) async fn list(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let ListQuery(query, request) = input.query;
    let caller = caller.0.map(|caller| caller.user.id);
    let page = api.use_cases.list_rooms.execute(caller, query, request).await?;
    let pagination = PageInfo::of(&page, request);
    Ok(HttpResponse::Ok().json(List { data: page.items.iter().map(Room::from).collect(), pagination }))
}

pub(super) async fn create(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, Nothing, CreateBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, command) = (caller.in_()?, input.body.0);
    let worker = api.clone().into_inner();
    let view = api
        .into_inner()
        .finish(async move { worker.use_cases.create_room.execute(caller, command).await })
        .await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/api/rooms/{}", view.room.id)))
        .json(Data { data: Room::from(&view) }))
}

pub(super) async fn show(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath>,
) -> Result<HttpResponse, ApiError> {
    let caller = caller.0.map(|caller| caller.user.id);
    let view = api.use_cases.show_room.execute(caller, input.path.0).await?;
    Ok(HttpResponse::Ok().json(Data { data: Room::from(&view) }))
}

pub(super) async fn update(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, Nothing, ChangeBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, room, change) = (caller.in_()?, input.path.0, input.body.0);
    let worker = api.clone().into_inner();
    let view = api
        .into_inner()
        .finish(async move { worker.use_cases.update_room.execute(caller, room, change).await })
        .await?;
    Ok(HttpResponse::Ok().json(Data { data: Room::from(&view) }))
}

pub(super) async fn delete(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath>,
) -> Result<HttpResponse, ApiError> {
    let (caller, room) = (caller.in_()?, input.path.0);
    let worker = api.clone().into_inner();
    api.into_inner().finish(async move { worker.use_cases.delete_room.execute(caller, room).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
