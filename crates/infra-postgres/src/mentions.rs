//! Mentions: the members of names, and the people whom messages mention.

use std::collections::BTreeSet;

use diesel::sql_types::{Array, BigInt, Text};
use domain::account::UserRef;
use domain::{MessageId, RoomId, StoreError, UserId};
use store_common::rows::NamedMemberRow;
use store_common::sql_types::Id;
use store_common::statement::sql;

use crate::pool::{Connection, Statement};

/// Returns the members of rooms whose names, in lower case, are among these.
pub(crate) async fn members(
    connection: &mut Connection,
    names: BTreeSet<(RoomId, String)>,
) -> Result<Vec<(RoomId, UserRef)>, StoreError> {
    if names.is_empty() {
        return Ok(vec![]);
    }
    let (rooms, names): (Vec<_>, Vec<_>) = names.into_iter().unzip();
    let statement = sql("SELECT m.room_id, m.user_id, u.username FROM unnest(?1, ?2) AS named (room, name)
         JOIN users u ON u.username_key = named.name
         JOIN memberships m ON m.room_id = named.room AND m.user_id = u.id AND m.left_at IS NULL")
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<Text>, _>(names);
    connection.all::<NamedMemberRow>(statement).await
}

/// Returns the people whom a message mentions, each with the place in the order of first appearance.
pub(crate) fn placed(
    message: MessageId,
    people: &[UserRef],
) -> impl Iterator<Item = (MessageId, UserId, i64)> + '_ {
    people.iter().zip(0..).map(move |(user, place)| (message, user.id, place))
}

/// Stores people whom messages mention; `None` where they mention no one.
pub(crate) fn insertion(mentions: &[(MessageId, UserId, i64)]) -> Option<Statement> {
    if mentions.is_empty() {
        return None;
    }
    let statement = sql("INSERT INTO mentions (message_id, user_id, place, room_id, seq, created_at)
         SELECT s.id, named.usr, named.place, s.room_id, s.seq, s.created_at
         FROM unnest(?1, ?2, ?3) AS named (message, usr, place) JOIN messages s ON s.id = named.message")
    .bind::<Array<Id>, _>(mentions.iter().map(|(message, ..)| *message).collect::<Vec<_>>())
    .bind::<Array<Id>, _>(mentions.iter().map(|(_, user, _)| *user).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(mentions.iter().map(|(.., place)| *place).collect::<Vec<_>>());
    Some(statement)
}
