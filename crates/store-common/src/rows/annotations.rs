//! Reactions, pins and mentions: what messages show of them, and what the batch that changes them asks for.

use std::collections::HashMap;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::account::UserRef;
use domain::message::{Annotated, Emoji, Pin, Reaction};
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId, StoreError, Timestamp, UserId};

use super::{Row, small_count, user_ref};
use crate::sql_types::{Id, Moment};

/// A user of a reaction to a message.
#[derive(QueryableByName)]
pub struct ReactionRow {
    #[diesel(sql_type = Id)]
    message_id: MessageId,
    #[diesel(sql_type = Text)]
    emoji: String,
    #[diesel(sql_type = BigInt)]
    uses: i64,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
}

/// A user of a reaction, with the number of all its users.
pub struct ReactionUse {
    message: MessageId,
    emoji: Emoji,
    count: u32,
    revision: Revision,
    user: UserRef,
}

impl Row for ReactionRow {
    type Value = ReactionUse;

    fn value(self) -> Result<ReactionUse, StoreError> {
        Ok(ReactionUse {
            message: self.message_id,
            emoji: Emoji::stored(self.emoji),
            count: small_count(self.uses)?,
            revision: Revision(self.revision),
            user: user_ref(self.user_id, self.username),
        })
    }
}

/// Returns the reactions of each message, in the order of their earliest use, with their users in the order of use.
pub(super) fn grouped(mut uses: Vec<ReactionUse>) -> HashMap<MessageId, Vec<Reaction>> {
    uses.sort_unstable_by_key(|one| one.revision);
    let mut grouped: HashMap<MessageId, Vec<Reaction>> = HashMap::new();
    for ReactionUse { message, emoji, count, user, .. } in uses {
        let reactions = grouped.entry(message).or_default();
        match reactions.iter_mut().find(|reaction| reaction.emoji == emoji) {
            Some(reaction) => reaction.users.push(user),
            None => reactions.push(Reaction { emoji, count, users: vec![user] }),
        }
    }
    grouped
}

/// A person whom a message mentions.
#[derive(QueryableByName)]
pub struct MentionRow {
    #[diesel(sql_type = Id)]
    message_id: MessageId,
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
}

impl MentionRow {
    /// The people whom messages mention; the condition of their id and [`MentionRow::ORDER`] follow.
    pub const SELECT: &str = "SELECT n.message_id, n.user_id, u.username FROM mentions n
        JOIN users u ON u.id = n.user_id WHERE n.message_id ";
    /// In the order of first appearance.
    pub const ORDER: &str = " ORDER BY n.place";
}

impl Row for MentionRow {
    type Value = (MessageId, UserRef);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.message_id, user_ref(self.user_id, self.username)))
    }
}

/// A member whose name a message of the room contains.
#[derive(QueryableByName)]
pub struct NamedMemberRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
}

impl Row for NamedMemberRow {
    type Value = (RoomId, UserRef);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.room_id, user_ref(self.user_id, self.username)))
    }
}

/// A message to annotate.
#[derive(QueryableByName)]
pub struct AnnotatedRow {
    #[diesel(sql_type = Id)]
    id: MessageId,
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Bool)]
    deleted: bool,
    #[diesel(sql_type = Nullable<Moment>)]
    pinned_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pinned_revision: Option<i64>,
}

impl AnnotatedRow {
    /// Messages whose id follows.
    pub const SELECT: &str = "SELECT s.id, s.room_id, s.seq, s.revision, s.deleted_at IS NOT NULL AS deleted,
            s.pinned_at, s.pinned_revision FROM messages s WHERE s.id ";
}

impl Row for AnnotatedRow {
    /// The message without its reactions.
    type Value = ((RoomId, MessageId), Annotated);

    fn value(self) -> Result<Self::Value, StoreError> {
        let pin = match (self.pinned_at, self.pinned_revision) {
            (Some(at), Some(revision)) => Some(Pin { at, revision: Revision(revision) }),
            _ => None,
        };
        let (seq, revision, counts) = (Seq(self.seq), Revision(self.revision), HashMap::new());
        let message = Annotated { seq, revision, deleted: self.deleted, pin, counts };
        Ok(((self.room_id, self.id), message))
    }
}

/// The number of users of a reaction.
#[derive(QueryableByName)]
pub struct ReactionCountRow {
    #[diesel(sql_type = Id)]
    message_id: MessageId,
    #[diesel(sql_type = Text)]
    emoji: String,
    #[diesel(sql_type = BigInt)]
    uses: i64,
}

impl ReactionCountRow {
    /// The reactions to messages whose id follows.
    pub const SELECT: &str = "SELECT message_id, emoji, uses FROM reaction_counts WHERE message_id ";
}

impl Row for ReactionCountRow {
    type Value = (MessageId, Emoji, u32);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.message_id, Emoji::stored(self.emoji), small_count(self.uses)?))
    }
}

/// A reaction that a user has added.
#[derive(QueryableByName)]
pub struct UseRow {
    #[diesel(sql_type = Id)]
    message_id: MessageId,
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    emoji: String,
    #[diesel(sql_type = BigInt)]
    revision: i64,
}

impl UseRow {
    /// Uses `r` of reactions.
    pub const SELECT: &str = "SELECT r.message_id, r.user_id, r.emoji, r.revision FROM reactions r ";
}

impl Row for UseRow {
    type Value = ((MessageId, UserId, Emoji), Revision);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok(((self.message_id, self.user_id, Emoji::stored(self.emoji)), Revision(self.revision)))
    }
}

/// The number of pinned messages of a room.
#[derive(QueryableByName)]
pub struct PinCountRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl Row for PinCountRow {
    type Value = (RoomId, u32);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.room_id, small_count(self.n)?))
    }
}

/// The id of a message.
#[derive(QueryableByName)]
pub struct MessageIdRow {
    #[diesel(sql_type = Id)]
    id: MessageId,
}

impl Row for MessageIdRow {
    type Value = MessageId;

    fn value(self) -> Result<MessageId, StoreError> {
        Ok(self.id)
    }
}

/// The time at which a message was sent.
#[derive(QueryableByName)]
pub struct SentAtRow {
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
}

impl Row for SentAtRow {
    type Value = Timestamp;

    fn value(self) -> Result<Timestamp, StoreError> {
        Ok(self.created_at)
    }
}

#[cfg(test)]
mod tests {
    use domain::account::Username;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn reactions_are_in_the_order_of_their_earliest_use_and_users_in_that_of_use() {
        let user = |n: u128| UserRef {
            id: UserId(Uuid::from_u128(n)),
            username: Username::stored(format!("user-{n}")),
        };
        let one = |message: u128, emoji: &str, revision, n| ReactionUse {
            message: MessageId(Uuid::from_u128(message)),
            emoji: Emoji::stored(emoji.to_owned()),
            count: 7,
            revision: Revision(revision),
            user: user(n),
        };
        let uses = vec![one(1, "a", 5, 1), one(1, "b", 6, 2), one(1, "b", 3, 1), one(2, "a", 4, 2)];
        let grouped = grouped(uses);
        let shown = |emoji: &str, users| Reaction { emoji: Emoji::stored(emoji.to_owned()), count: 7, users };
        let [first, second] = [1, 2].map(|n| &grouped[&MessageId(Uuid::from_u128(n))]);
        assert_eq!(*first, [shown("b", vec![user(1), user(2)]), shown("a", vec![user(1)])]);
        assert_eq!(*second, [shown("a", vec![user(2)])]);
    }
}
