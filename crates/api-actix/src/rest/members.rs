//! `/api/rooms/{id}/join`, `/leave` and `/members`

use actix_web::web::Data as State;
use domain::PageRequest;
use domain::Refusal::{AdminRequired, LastAdmin, MemberNotFound, NotAMember, QuotaExceeded, RoomNotFound};
use domain::membership::Role;
use domain::quota::QuotaKind;

use super::MEMBERS;
use crate::http::params::{MemberPath, PageQuery, RoomPath};
use crate::http::{ApiError, FromFields, Input};
use crate::json::{Data, Member, Membership, NoContent, Page};
use crate::routing::{CurrentUser, Endpoint, delete, get, patch, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 5] {
    [
        post("/api/rooms/{id}/join", join)
            .named("joinRoom", MEMBERS, "Join a room")
            .about("Joining twice is no error. A private room can be joined with an invitation, which is used up.")
            .refuses([RoomNotFound, QuotaExceeded(QuotaKind::Memberships)]),
        post("/api/rooms/{id}/leave", leave)
            .named("leaveRoom", MEMBERS, "Leave a room")
            .refuses([RoomNotFound, NotAMember, LastAdmin]),
        get("/api/rooms/{id}/members", list)
            .named("listMembers", MEMBERS, "List the members of a room")
            .refuses([RoomNotFound, NotAMember]),
        patch("/api/rooms/{id}/members/{userId}", change_role)
            .named("updateMember", MEMBERS, "Change a member's role")
            .refuses([RoomNotFound, NotAMember, MemberNotFound, AdminRequired, LastAdmin]),
        delete("/api/rooms/{id}/members/{userId}", remove)
            .named("removeMember", MEMBERS, "Remove a member")
            .refuses([RoomNotFound, NotAMember, MemberNotFound, AdminRequired, LastAdmin]),
    ]
}

/// The filter of a list of members.
#[derive(FromFields)]
struct ListMembers {
    #[field(flatten = PageQuery)]
    page: PageRequest,
    /// Only members of this role.
    role: Option<Role>,
}

/// A member's new role.
#[derive(FromFields)]
struct UpdateMember {
    role: Role,
}

async fn join(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath>,
) -> Result<Data<Membership>, ApiError> {
    let (caller, room) = (caller.require()?, input.path.id);
    let mine =
        state.write(|app| async move { app.use_cases.members.join.execute(caller, room).await }).await?;
    Ok(Data(Membership::from(&mine)))
}

async fn leave(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath>,
) -> Result<NoContent, ApiError> {
    let (caller, room) = (caller.require()?, input.path.id);
    state.write(|app| async move { app.use_cases.members.leave.execute(caller, room).await }).await?;
    Ok(NoContent)
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListMembers>,
) -> Result<Page<Member>, ApiError> {
    let (room, ListMembers { page: request, role }) = (input.path.id, input.query);
    let page = state.use_cases.members.list.execute(caller.require()?, room, role, request).await?;
    let present = state.presence.present(room).await;
    Ok(Page::of(&page, request, |member| Member::new(member, &present)))
}

async fn change_role(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MemberPath, (), UpdateMember>,
) -> Result<Data<Member>, ApiError> {
    let caller = caller.require()?;
    let (MemberPath { id: room, user_id: user }, role) = (input.path, input.body.role);
    let member = state
        .write(|app| async move { app.use_cases.members.change_role.execute(caller, room, user, role).await })
        .await?;
    Ok(Data(Member::new(&member, &state.presence.present(room).await)))
}

async fn remove(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MemberPath>,
) -> Result<NoContent, ApiError> {
    let (caller, MemberPath { id: room, user_id: user }) = (caller.require()?, input.path);
    state.write(|app| async move { app.use_cases.members.remove.execute(caller, room, user).await }).await?;
    Ok(NoContent)
}
