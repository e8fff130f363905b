//! Rooms, and the people in them.

use domain::invitation::Invitation;
use domain::membership::Member;
use domain::presence::Present;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Person, RoleName, time};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomMember {
    user: Person,
    role: RoleName,
    #[schema(format = DateTime)]
    joined_at: String,
    last_read_seq: i64,
    /// Whether they are in the room right now.
    online: bool,
}

impl RoomMember {
    pub(crate) fn new(member: &Member, present: &[Present]) -> Self {
        Self {
            user: (&member.user).into(),
            role: member.role.into(),
            joined_at: time(member.joined_at),
            last_read_seq: member.last_read_seq.0,
            online: present.iter().any(|present| present.user.id == member.user.id),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenInvitation {
    room_id: Uuid,
    room_name: String,
    user: Person,
    invited_by: Person,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&Invitation> for OpenInvitation {
    fn from(invitation: &Invitation) -> Self {
        Self {
            room_id: invitation.room.0,
            room_name: invitation.room_name.to_string(),
            user: (&invitation.user).into(),
            invited_by: (&invitation.invited_by).into(),
            created_at: time(invitation.created_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PresentUser {
    id: Uuid,
    username: String,
    #[schema(format = DateTime)]
    since: String,
}

impl From<&Present> for PresentUser {
    fn from(present: &Present) -> Self {
        let user = &present.user;
        Self { id: user.id.0, username: user.username.to_string(), since: time(present.since) }
    }
}
