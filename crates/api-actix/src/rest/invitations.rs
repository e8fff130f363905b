//! `/api/invitations` and `/api/rooms/{id}/invitations`

use actix_web::{HttpResponse, web};
use domain::account::Username;
use domain::invitation::{Invited, Invitee};
use domain::{PageRequest, UserId};

use crate::http::params::{MemberPath, RoomPath, uuid};
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::json::{Data, List, OpenInvitation, PageInfo};
use crate::routing::Signed;
use crate::state::AppState;

pub(super) struct InviteBody(Invitee);

impl FromFields for InviteBody {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let (name, id) = (fields.optional::<Username>("username"), uuid(fields, "userId"));
        match (name?, id?) {
            (Some(name), None) => Ok(Self(Invitee::Name(name))),
            (None, Some(id)) => Ok(Self(Invitee::Id(UserId(id)))),
            (None, None) => Err(fields.problem("username", "is missing; send a username or a userId")),
            (Some(_), Some(_)) => {
                Err(fields.problem("userId", "must not stand beside a username; send one of them"))
            }
        }
    }
}

pub(super) async fn mine(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, PageRequest>,
) -> Result<HttpResponse, ApiError> {
    let page = api.use_cases.list_my_invitations.execute(caller.in_()?, input.query).await?;
    let pagination = PageInfo::of(&page, input.query);
    Ok(HttpResponse::Ok()
        .json(List { data: page.items.iter().map(OpenInvitation::from).collect(), pagination }))
}

pub(super) async fn list(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, PageRequest>,
) -> Result<HttpResponse, ApiError> {
    let page = api.use_cases.list_room_invitations.execute(caller.in_()?, input.path.0, input.query).await?;
    let pagination = PageInfo::of(&page, input.query);
    Ok(HttpResponse::Ok()
        .json(List { data: page.items.iter().map(OpenInvitation::from).collect(), pagination }))
}

pub(super) async fn invite(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, Nothing, InviteBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, room, invitee) = (caller.in_()?, input.path.0, input.body.0);
    let worker = api.clone().into_inner();
    let outcome = api
        .into_inner()
        .finish(async move { worker.use_cases.invite.execute(caller, room, invitee).await })
        .await?;
    Ok(match outcome {
        Invited::New(invitation) => {
            let place = format!("/api/rooms/{room}/invitations/{}", invitation.user.id);
            HttpResponse::Created()
                .insert_header(("Location", place))
                .json(Data { data: OpenInvitation::from(&invitation) })
        }
        Invited::Existing(invitation) => {
            HttpResponse::Ok().json(Data { data: OpenInvitation::from(&invitation) })
        }
    })
}

pub(super) async fn withdraw(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<MemberPath>,
) -> Result<HttpResponse, ApiError> {
    let (caller, MemberPath(room, user)) = (caller.in_()?, input.path);
    let worker = api.clone().into_inner();
    api.into_inner()
        .finish(async move { worker.use_cases.withdraw_invitation.execute(caller, room, user).await })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
