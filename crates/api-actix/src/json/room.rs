//! Members and present users of rooms.

use domain::membership;
use domain::presence::Present;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{RoleName, UserRef, time};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    user: UserRef,
    role: RoleName,
    #[schema(format = DateTime)]
    joined_at: String,
    last_read_seq: i64,
    /// True while the user is connected to the room.
    online: bool,
}

impl Member {
    pub(crate) fn new(member: &membership::Member, present: &[Present]) -> Self {
        Self {
            user: (&member.user).into(),
            role: member.role.into(),
            joined_at: time(member.joined_at),
            last_read_seq: member.last_read_seq.0,
            online: present.iter().any(|present| present.user.id == member.user.id),
        }
    }
}

/// A member who has read a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reader {
    user: UserRef,
    last_read_seq: i64,
}

impl From<&membership::Reader> for Reader {
    fn from(reader: &membership::Reader) -> Self {
        Self { user: (&reader.user).into(), last_read_seq: reader.last_read_seq.0 }
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
