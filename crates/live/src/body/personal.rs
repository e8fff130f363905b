//! The events of a subscription that concern its user alone: wire contract, sections 5 and 10.

use domain::RoomId;
use domain::account::UserRef;
use domain::room::Seq;
use domain::{invitation, sync};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::summaries::{Invitation, RoomSummary};

/// An event of a subscription that concerns its user alone.
#[derive(Serialize, ToSchema)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum PersonalBody {
    /// A room of the user as it is now; its events follow from this revision on.
    Room(SummaryBody),
    /// The user is no longer a member of the room, or it was deleted: nothing of it follows.
    RoomLeft(RoomIdBody),
    /// All open invitations of the user.
    Invitations(InvitationsBody),
    /// The user was invited.
    Invited(InvitationBody),
    /// An invitation was used, declined or withdrawn, or its room was deleted.
    Uninvited(RoomIdBody),
    /// The user's own read mark moved, on another connection.
    Read(OwnReadBody),
    /// The stream has delivered everything up to this cursor.
    Synced(SyncedBody),
}

/// A room with its newest message.
#[derive(Serialize, ToSchema)]
pub struct SummaryBody {
    room: Box<RoomSummary>,
}

/// A room by its id.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomIdBody {
    room_id: Uuid,
}

/// Open invitations.
#[derive(Serialize, ToSchema)]
pub struct InvitationsBody {
    invitations: Vec<Invitation>,
}

/// An open invitation.
#[derive(Serialize, ToSchema)]
pub struct InvitationBody {
    invitation: Invitation,
}

/// The user's own read mark.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnReadBody {
    room_id: Uuid,
    username: String,
    user_id: Uuid,
    /// The place of the last message that was read.
    seq: i64,
    unread_count: i64,
    mention_count: i64,
}

/// A cursor.
#[derive(Serialize, ToSchema)]
pub struct SyncedBody {
    /// Sent as `since`, it continues here.
    cursor: String,
}

impl PersonalBody {
    /// A room as it is now.
    pub(crate) fn room(summary: &sync::RoomSummary) -> Self {
        Self::Room(SummaryBody { room: Box::new(summary.into()) })
    }

    /// The end of a room.
    pub(crate) fn room_left(room: RoomId) -> Self {
        Self::RoomLeft(RoomIdBody { room_id: room.0 })
    }

    /// All open invitations.
    pub(crate) fn invitations(open: &[invitation::Invitation]) -> Self {
        Self::Invitations(InvitationsBody { invitations: open.iter().map(Invitation::from).collect() })
    }

    /// A new invitation.
    pub(crate) fn invited(open: &invitation::Invitation) -> Self {
        Self::Invited(InvitationBody { invitation: open.into() })
    }

    /// The end of an invitation.
    pub(crate) fn uninvited(room: RoomId) -> Self {
        Self::Uninvited(RoomIdBody { room_id: room.0 })
    }

    /// The read mark of the user in a room.
    pub(crate) fn read(user: &UserRef, summary: &sync::RoomSummary) -> Self {
        let mine = summary.view.mine.as_ref();
        Self::Read(OwnReadBody {
            room_id: summary.view.room.id.0,
            username: user.username.to_string(),
            user_id: user.id.0,
            seq: mine.map_or(Seq(0), |mine| mine.last_read_seq).0,
            unread_count: mine.map_or(0, |mine| mine.unread_count),
            mention_count: mine.map_or(0, |mine| mine.mention_count),
        })
    }

    /// A cursor.
    pub(crate) fn synced(cursor: String) -> Self {
        Self::Synced(SyncedBody { cursor })
    }

    /// Returns the name of the event.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Room(_) => "room",
            Self::RoomLeft(_) => "room-left",
            Self::Invitations(_) => "invitations",
            Self::Invited(_) => "invited",
            Self::Uninvited(_) => "uninvited",
            Self::Read(_) => "read",
            Self::Synced(_) => "synced",
        }
    }

    /// Returns the cursor of a `synced`.
    pub(crate) fn cursor(&self) -> Option<&str> {
        match self {
            Self::Synced(synced) => Some(&synced.cursor),
            _ => None,
        }
    }
}
