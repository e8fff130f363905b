//! Rooms, and the people in them.

use domain::invitation::Invitation;
use domain::membership::{Member, MyMembership};
use domain::presence::Present;
use domain::room::{Access, RoomView};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Person, RoleName, VisibilityName, time};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mine {
    role: RoleName,
    #[schema(format = DateTime)]
    joined_at: String,
    last_read_seq: i64,
    unread_count: i64,
}

impl From<&MyMembership> for Mine {
    fn from(mine: &MyMembership) -> Self {
        Self {
            role: mine.role.into(),
            joined_at: time(mine.joined_at),
            last_read_seq: mine.last_read_seq.0,
            unread_count: mine.unread_count,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Room {
    id: Uuid,
    name: String,
    #[schema(required = true)]
    slug: Option<String>,
    #[schema(required = true)]
    description: Option<String>,
    visibility: VisibilityName,
    created_by: Person,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    member_count: i64,
    #[schema(format = DateTime, required = true)]
    last_message_at: Option<String>,
    revision: i64,
    #[schema(required = true)]
    membership: Option<Mine>,
}

impl From<&RoomView> for Room {
    fn from(view: &RoomView) -> Self {
        let room = &view.room;
        let slug = match &room.access {
            Access::Public { slug } => Some(slug.to_string()),
            Access::Private { .. } => None,
        };
        Self {
            id: room.id.0,
            name: room.name.to_string(),
            slug,
            description: room.description.as_ref().map(ToString::to_string),
            visibility: room.access.visibility().into(),
            created_by: (&room.created_by).into(),
            created_at: time(room.created_at),
            updated_at: time(room.updated_at),
            member_count: room.member_count,
            last_message_at: room.log.last_message_at.map(time),
            revision: room.log.revision.0,
            membership: view.mine.as_ref().map(Into::into),
        }
    }
}

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
