//! The extras that other rows have of a list of messages. In-process, a look-up of each by its key is as quick as one large query.

use diesel::SqliteConnection;
use domain::message::{Message, Named};
use domain::{MessageId, RoomId, StoreError};
use store_common::rows::{Found, Incomplete, Lookup, MentionRow, NamedRow, ReactionRow, RepliesRow};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::query::{all, one};

/// Returns the messages with all that they show.
pub(crate) fn complete(
    c: &mut SqliteConnection,
    messages: Vec<Incomplete>,
) -> Result<Vec<Message>, StoreError> {
    let Lookup { quoted, threads, reacted, mentioning } = Lookup::of(&messages);
    let mut found = Found::default();
    for message in quoted {
        found.add_quoted(named(c, message)?);
    }
    for root in threads {
        let replies = sql(format!("{}= ?1", RepliesRow::SELECT)).bind::<Id, _>(root);
        found.replies.extend(one::<RepliesRow>(c, replies)?.flatten());
    }
    for message in reacted {
        let uses = statements::first_reactions("= ?1").bind::<Id, _>(message);
        found.add_reactions(all::<ReactionRow>(c, uses)?);
    }
    for message in mentioning {
        let people = sql(format!("{}= ?1{}", MentionRow::SELECT, MentionRow::ORDER)).bind::<Id, _>(message);
        found.add_mentions(all::<MentionRow>(c, people)?);
    }
    Ok(found.complete(messages))
}

/// Returns the message with all that it shows.
pub(crate) fn complete_one(
    c: &mut SqliteConnection,
    message: Option<Incomplete>,
) -> Result<Option<Message>, StoreError> {
    Ok(complete(c, message.into_iter().collect())?.pop())
}

/// Returns a message as others name it, if it exists.
pub(crate) fn named(
    c: &mut SqliteConnection,
    message: MessageId,
) -> Result<Option<(RoomId, Named)>, StoreError> {
    one::<NamedRow>(c, sql(format!("{}= ?1", NamedRow::SELECT)).bind::<Id, _>(message))
}
