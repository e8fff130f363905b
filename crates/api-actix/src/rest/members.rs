//! `/api/rooms/{id}/join`, `/leave` and `/members`

use actix_web::{HttpResponse, web};
use domain::PageRequest;
use domain::membership::Role;

use crate::http::params::ROLES;
use crate::http::params::{MemberPath, RoomPath};
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::json::{Data, List, Mine, PageInfo, RoomMember};
use crate::routing::Signed;
use crate::state::AppState;

pub(super) struct ListQuery(Option<Role>, PageRequest);

impl FromFields for ListQuery {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let (page, role) = (PageRequest::read(fields), fields.one_of("role", ROLES));
        Ok(Self(role?, page?))
    }
}

pub(super) struct RoleBody(Role);

impl FromFields for RoleBody {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        match fields.one_of("role", ROLES)? {
            Some(role) => Ok(Self(role)),
            None => Err(fields.problem("role", "is missing")),
        }
    }
}

pub(super) async fn join(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath>,
) -> Result<HttpResponse, ApiError> {
    let (caller, room) = (caller.in_()?, input.path.0);
    let worker = api.clone().into_inner();
    let mine = api
        .into_inner()
        .finish(async move { worker.use_cases.join_room.execute(caller, room).await })
        .await?;
    Ok(HttpResponse::Ok().json(Data { data: Mine::from(&mine) }))
}

pub(super) async fn leave(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath>,
) -> Result<HttpResponse, ApiError> {
    let (caller, room) = (caller.in_()?, input.path.0);
    let worker = api.clone().into_inner();
    api.into_inner().finish(async move { worker.use_cases.leave_room.execute(caller, room).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn list(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let ListQuery(role, request) = input.query;
    let page = api.use_cases.list_members.execute(caller.in_()?, input.path.0, role, request).await?;
    let pagination = PageInfo::of(&page, request);
    let present = api.presence.present(input.path.0).await;
    let data = page.items.iter().map(|member| RoomMember::new(member, &present)).collect();
    Ok(HttpResponse::Ok().json(List { data, pagination }))
}

pub(super) async fn change_role(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<MemberPath, Nothing, RoleBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, MemberPath(room, user), role) = (caller.in_()?, input.path, input.body.0);
    let (worker, presence) = (api.clone().into_inner(), api.clone());
    let member = api
        .into_inner()
        .finish(async move { worker.use_cases.change_role.execute(caller, room, user, role).await })
        .await?;
    Ok(HttpResponse::Ok()
        .json(Data { data: RoomMember::new(&member, &presence.presence.present(room).await) }))
}

pub(super) async fn remove(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<MemberPath>,
) -> Result<HttpResponse, ApiError> {
    let (caller, MemberPath(room, user)) = (caller.in_()?, input.path);
    let worker = api.clone().into_inner();
    api.into_inner()
        .finish(async move { worker.use_cases.remove_member.execute(caller, room, user).await })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
