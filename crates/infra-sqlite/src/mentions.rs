//! Mentions: the members of names, and the people whom messages mention.

use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Text};
use domain::account::UserRef;
use domain::{MessageId, RoomId, StoreError};
use store_common::rows::NamedMemberRow;
use store_common::sql_types::Id;
use store_common::statement::sql;

use crate::query::{execute, one};

/// Returns the member of a room who has that name, in lower case.
pub(crate) fn member(
    c: &mut SqliteConnection,
    room: RoomId,
    name: &str,
) -> Result<Option<UserRef>, StoreError> {
    let statement = sql("SELECT m.room_id, m.user_id, u.username FROM users u
         JOIN memberships m ON m.room_id = ?1 AND m.user_id = u.id AND m.left_at IS NULL WHERE u.username_key = ?2")
    .bind::<Id, _>(room)
    .bind::<Text, _>(name.to_owned());
    Ok(one::<NamedMemberRow>(c, statement)?.map(|(_, user)| user))
}

/// Stores the people whom a message mentions, in the order of first appearance.
pub(crate) fn insert(
    c: &mut SqliteConnection,
    message: MessageId,
    people: &[UserRef],
) -> Result<(), StoreError> {
    for (user, place) in people.iter().zip(0_i64..) {
        let statement = sql("INSERT INTO mentions (message_id, user_id, place, room_id, seq, created_at)
             SELECT s.id, ?2, ?3, s.room_id, s.seq, s.created_at FROM messages s WHERE s.id = ?1")
        .bind::<Id, _>(message)
        .bind::<Id, _>(user.id)
        .bind::<BigInt, _>(place);
        execute(c, statement)?;
    }
    Ok(())
}
