//! The caller's own rooms in a list.

use domain::room::{RoomQuery, Visibility};

/// The caller's rooms that a list needs beside the public ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// All of them.
    All,
    /// The private ones, found without those in public rooms.
    Private,
}

impl Own {
    pub(super) fn of(query: &RoomQuery) -> Self {
        match (query.joined, query.visibility) {
            (None, _) | (Some(true), Some(Visibility::Private)) => Self::Private,
            (Some(_), _) => Self::All,
        }
    }

    /// Returns the source of these rooms `r` of a caller, with a condition. The order of the tables is that in which they are read,
    /// which SQLite keeps where they are crossed.
    pub(super) fn source(self, caller: &str) -> String {
        match self {
            Self::All => format!(
                "memberships m JOIN rooms r ON r.id = m.room_id
                WHERE m.user_id = {caller} AND m.left_at IS NULL AND r.deleted_at IS NULL"
            ),
            Self::Private => format!(
                "(SELECT m.room_id FROM memberships m
                        WHERE m.user_id = {caller} AND m.maybe_private AND m.left_at IS NULL
                    UNION ALL SELECT m.room_id FROM visibility_changes v CROSS JOIN memberships m
                    WHERE m.room_id = v.room_id AND m.user_id = {caller} AND NOT m.maybe_private
                        AND m.left_at IS NULL) AS own
                CROSS JOIN rooms r WHERE r.id = own.room_id AND r.deleted_at IS NULL AND r.visibility = 1"
            ),
        }
    }
}
