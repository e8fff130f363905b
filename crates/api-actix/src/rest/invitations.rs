//! `/api/invitations` and `/api/rooms/{id}/invitations`

use actix_web::web::Data as State;
use domain::Refusal::{
    AdminRequired, AlreadyMember, IdempotencyConflict, InvitationNotFound, NotAMember, QuotaExceeded,
    RoomNotFound, UserNotFound,
};
use domain::account::Username;
use domain::idempotency::{Idempotent, Outcome};
use domain::invitation::{Invited, Invitee};
use domain::quota::QuotaKind;
use domain::{StoreError, UserId};

use super::INVITATIONS;
use crate::http::idempotency::IdempotencyKey;
use crate::http::params::{MemberPath, PageQuery, RoomPath};
use crate::http::{ApiError, Fields, FromFields, Input, InvalidField, Property, Variant, one_of};
use crate::json::{CreatedOrExisting, Invitation, KeptAnswer, NoContent, Page, Repeatable};
use crate::routing::{CurrentUser, Endpoint, delete, get, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 4] {
    [
        get("/api/invitations", mine).named(
            "listMyInvitations",
            INVITATIONS,
            "List the caller's invitations",
        ),
        get("/api/rooms/{id}/invitations", list)
            .named("listRoomInvitations", INVITATIONS, "List a room's open invitations")
            .refuses([RoomNotFound, NotAMember, AdminRequired]),
        post("/api/rooms/{id}/invitations", invite)
            .named("createInvitation", INVITATIONS, "Invite a user")
            .about(
                "Inviting a user again answers with the first invitation. A repeat with the same `Idempotency-Key` within \
                 24 hours gets the first answer.",
            )
            .refuses([
                RoomNotFound,
                NotAMember,
                UserNotFound,
                AdminRequired,
                QuotaExceeded(QuotaKind::Invitations),
                AlreadyMember,
                IdempotencyConflict,
            ]),
        delete("/api/rooms/{id}/invitations/{userId}", withdraw)
            .named("deleteInvitation", INVITATIONS, "Withdraw or decline an invitation")
            .refuses([RoomNotFound, NotAMember, InvitationNotFound, AdminRequired]),
    ]
}

/// The user to invite, by name or by id.
#[derive(FromFields)]
#[fields(output = Invitee, then = invitee, schema = invitee_schema)]
struct CreateInvitation {
    username: Option<Username>,
    user_id: Option<UserId>,
}

fn invitee(
    fields: &mut Fields,
    username: Result<Option<Username>, InvalidField>,
    user_id: Result<Option<UserId>, InvalidField>,
) -> Result<Invitee, InvalidField> {
    match (username?, user_id?) {
        (Some(name), None) => Ok(Invitee::Name(name)),
        (None, Some(id)) => Ok(Invitee::Id(id)),
        (None, None) => Err(fields.problem("username", "is missing; send a username or a userId")),
        (Some(_), Some(_)) => {
            Err(fields.problem("userId", "must not stand beside a username; send one of them"))
        }
    }
}

fn invitee_schema(properties: &[Property]) -> serde_json::Value {
    one_of(
        properties,
        &[
            Variant { title: "InviteByUsername", required: &["username"], optional: &[], kind: None },
            Variant { title: "InviteById", required: &["userId"], optional: &[], kind: None },
        ],
    )
}

async fn mine(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), PageQuery>,
) -> Result<Page<Invitation>, ApiError> {
    let page = state.use_cases.invitations.list_mine.execute(caller.require()?, input.query).await?;
    Ok(Page::of(&page, input.query, Invitation::from))
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, PageQuery>,
) -> Result<Page<Invitation>, ApiError> {
    let (caller, room, request) = (caller.require()?, input.path.id, input.query);
    let page = state.use_cases.invitations.list_of_room.execute(caller, room, request).await?;
    Ok(Page::of(&page, request, Invitation::from))
}

async fn invite(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, (), CreateInvitation, IdempotencyKey>,
) -> Result<Repeatable<CreatedOrExisting<Invitation>>, ApiError> {
    let (caller, room, invitee) = (caller.require()?, input.path.id, input.body);
    let idempotent = input.headers.key().map(|key| Idempotent { key, encode: kept_invitation });
    let outcome = state
        .write(|app| async move {
            app.use_cases.invitations.invite.execute(caller, room, invitee, idempotent).await
        })
        .await?;
    Ok(match outcome {
        Outcome::Done(invited) => {
            let (invitation, path) = answer(&invited);
            Repeatable::First(match path {
                Some(path) => CreatedOrExisting::Created(invitation, path),
                None => CreatedOrExisting::Existing(invitation),
            })
        }
        Outcome::Repeated(answer) => Repeatable::Repeated(KeptAnswer::decode(&answer)?),
    })
}

fn kept_invitation(invited: &Invited) -> Result<Vec<u8>, StoreError> {
    let (invitation, path) = answer(invited);
    KeptAnswer::encode(invitation, path)
}

/// The invitation, and its path where it is new.
fn answer(invited: &Invited) -> (Invitation, Option<String>) {
    match invited {
        Invited::New(new) => {
            let path = format!("/api/rooms/{}/invitations/{}", new.room, new.user.id);
            (Invitation::from(new), Some(path))
        }
        Invited::Existing(open) => (Invitation::from(open), None),
    }
}

async fn withdraw(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<MemberPath>,
) -> Result<NoContent, ApiError> {
    let (caller, MemberPath { id: room, user_id: user }) = (caller.require()?, input.path);
    state
        .write(|app| async move { app.use_cases.invitations.withdraw.execute(caller, room, user).await })
        .await?;
    Ok(NoContent)
}
