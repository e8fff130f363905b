//! The rooms of a user, by their activity and by their stamps.

use diesel::sql_types::{BigInt, Nullable};
use domain::sync::{Activity, Seen, Selection};
use domain::{RoomId, UserId};
use uuid::Uuid;

use super::StoreBackend;
use crate::rows::{InvitationRow, MessageRow, RoomRow, SeatRow};
use crate::sql_types::{Id, Moment};
use crate::statement::{Statement, sql};

/// Selects the first rooms of a selection, as [`ListedRow`](crate::rows::ListedRow); `changed` selects those after a room that
/// changed since. Returns the moment as well at which a walk through all rooms began, where it goes on.
#[must_use]
pub fn selected_rooms<DB: StoreBackend>(
    user: UserId,
    selection: Selection,
    limit: u32,
    changed: impl FnOnce(Option<RoomId>, Seen) -> Statement<DB>,
) -> (Statement<DB>, Option<Seen>) {
    match selection {
        Selection::Latest { after: Some((after, begun)) } => {
            (latest_rooms(user, Some(after), limit), Some(begun))
        }
        Selection::Latest { after: None } => (latest_rooms(user, None, limit), None),
        Selection::Changed { since, after } => (changed(after, since), None),
    }
}

/// Selects the first rooms of a user, latest activity first, as [`ListedRow`](crate::rows::ListedRow); one more than
/// `limit`.
fn latest_rooms<DB: StoreBackend>(user: UserId, after: Option<Activity>, limit: u32) -> Statement<DB> {
    let beyond =
        if after.is_some() { "AND (coalesce(r.last_message_at, r.created_at), r.id) < (?3, ?4)" } else { "" };
    let statement = sql(format!(
        "SELECT r.id AS room_id, false AS gone FROM memberships m JOIN rooms r ON r.id = m.room_id
         WHERE m.user_id = ?1 AND m.left_at IS NULL AND r.deleted_at IS NULL {beyond}
         ORDER BY coalesce(r.last_message_at, r.created_at) DESC, r.id DESC LIMIT ?2"
    ))
    .bind::<Id, _>(user)
    .bind::<BigInt, _>(i64::from(limit) + 1);
    match after {
        Some(after) => statement.bind::<Moment, _>(after.at).bind::<Id, _>(after.room),
        None => statement,
    }
}

/// Selects the first rooms of a user that changed, in the order of their ids, as [`ListedRow`](crate::rows::ListedRow); one
/// more than `limit`. `unseen` is the condition that a stamp was not seen, whose parameters begin with `?4`.
#[must_use]
pub fn changed_rooms_of<DB: StoreBackend>(
    user: UserId,
    after: Option<RoomId>,
    limit: u32,
    unseen: impl Fn(&str) -> String,
) -> Statement<DB> {
    let (of_membership, of_room, of_departure) = (unseen("m.stamp"), unseen("r.stamp"), unseen("d.stamp"));
    // Of all that a user ever left little is new: the index of stamps is to be used, and not that of rooms.
    sql(format!(
        "SELECT room_id, gone FROM (
            SELECT m.room_id, r.deleted_at IS NOT NULL AS gone FROM memberships m JOIN rooms r ON r.id = m.room_id
            WHERE m.user_id = ?1 AND m.left_at IS NULL AND m.room_id > ?2 AND ({of_membership} OR {of_room})
            UNION ALL
            SELECT d.room_id, true AS gone FROM departures d
            WHERE d.user_id = ?1 AND coalesce(d.room_id, d.room_id) > ?2 AND {of_departure}) AS changed
         ORDER BY room_id LIMIT ?3"
    ))
    .bind::<Id, _>(user)
    .bind::<Id, _>(after.unwrap_or(RoomId(Uuid::nil())))
    .bind::<BigInt, _>(i64::from(limit) + 1)
}

/// Selects rooms as the caller, a member, sees them, as [`RoomRow`].
#[must_use]
pub fn rooms_among<DB: StoreBackend>(caller: UserId, rooms: &[RoomId]) -> Statement<DB> {
    let among = DB::among("?2");
    let text =
        format!("{}WHERE r.id {among} AND r.deleted_at IS NULL AND m.user_id IS NOT NULL", RoomRow::SELECT);
    DB::bind_rooms(sql(text).bind::<Nullable<Id>, _>(Some(caller)), rooms)
}

/// Selects the newest message of each room, as [`MessageRow`].
#[must_use]
pub fn newest_messages_among<DB: StoreBackend>(rooms: &[RoomId]) -> Statement<DB> {
    let among = DB::among("?1");
    let text = format!(
        "{}JOIN rooms k ON k.id = s.room_id AND k.last_seq = s.seq WHERE k.id {among}",
        MessageRow::SELECT
    );
    DB::bind_rooms(sql(text), rooms)
}

/// Selects the rooms of a user, as [`SeatRow`].
#[must_use]
pub fn seats<DB: StoreBackend>(user: UserId) -> Statement<DB> {
    sql(SeatRow::SELECT).bind::<Id, _>(user)
}

/// Selects all open invitations of a user, newest first, as [`InvitationRow`].
#[must_use]
pub fn all_invitations<DB: StoreBackend>(user: UserId) -> Statement<DB> {
    sql(format!("{}AND i.user_id = ?1 ORDER BY i.created_at DESC, i.room_id DESC", InvitationRow::SELECT))
        .bind::<Id, _>(user)
}
