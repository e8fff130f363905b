//! The JSON of source document S2.

use domain::account::Username;
use domain::compat::ryos::Roster;
use domain::room::{Access, PrivateKind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Shown;
use crate::json::samples;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Room {
    id: String,
    name: String,
    /// `public` or `private`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Of a private room only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    members: Option<Vec<String>>,
    /// Milliseconds since 1970.
    created_at: i64,
    user_count: usize,
}

impl From<&Roster> for Room {
    fn from(roster: &Roster) -> Self {
        let room = &roster.room;
        let (id, kind, members) = match &room.access {
            Access::Public { slug } => (slug.to_string(), "public", None),
            Access::Private(_) => (room.id.0.simple().to_string(), "private", Some(names(&roster.members))),
        };
        Self {
            id,
            name: room.name.to_string(),
            kind,
            members,
            created_at: room.created_at.unix_micros().div_euclid(1_000),
            user_count: roster.user_count(),
        }
    }
}

pub(super) fn names(names: &[Username]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[derive(Serialize, ToSchema)]
pub(super) struct RoomResponse {
    room: Room,
}

impl RoomResponse {
    pub(super) fn of(roster: &Roster) -> Self {
        Self { room: roster.into() }
    }
}

impl Shown for RoomResponse {
    fn example() -> Self {
        Self::of(&public())
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct RoomList {
    pub rooms: Vec<Room>,
}

impl Shown for RoomList {
    fn example() -> Self {
        Self { rooms: vec![Room::from(&public()), Room::from(&group())] }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct UserList {
    pub users: Vec<String>,
}

impl Shown for UserList {
    fn example() -> Self {
        Self { users: vec!["john_doe".to_owned()] }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Success {
    /// Always true.
    success: bool,
}

impl Success {
    pub(super) const DONE: Self = Self { success: true };
}

impl Shown for Success {
    fn example() -> Self {
        Self::DONE
    }
}

fn public() -> Roster {
    Roster { room: samples::room(), members: vec![], active: vec![samples::name("john_doe")] }
}

fn group() -> Roster {
    let members = vec![samples::name("jane_doe"), samples::name("john_doe")];
    let mut room = samples::room();
    room.access = Access::Private(PrivateKind::Group);
    Roster { room, members, active: vec![] }
}
