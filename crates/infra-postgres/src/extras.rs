//! The extras that other rows have of a list of messages: one statement for each kind of rows, none where no message asks for it.

use diesel::sql_types::Array;
use domain::message::{Message, Named};
use domain::{MessageId, RoomId, StoreError};
use store_common::rows::{Found, Incomplete, Lookup, MentionRow, NamedRow, ReactionRow, RepliesRow};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::pool::Connection;

/// Returns the messages with all that they show.
pub(crate) async fn complete(
    connection: &mut Connection,
    messages: Vec<Incomplete>,
) -> Result<Vec<Message>, StoreError> {
    let Lookup { quoted, threads, reacted, mentioning } = Lookup::of(&messages);
    let mut found = Found::default();
    if !quoted.is_empty() {
        found.add_quoted(named(connection, quoted).await?);
    }
    if !threads.is_empty() {
        let replies = sql(format!("{}= ANY(?1)", RepliesRow::SELECT)).bind::<Array<Id>, _>(threads);
        found.replies.extend(connection.all::<RepliesRow>(replies).await?.into_iter().flatten());
    }
    if !reacted.is_empty() {
        let uses = statements::first_reactions("= ANY(?1)").bind::<Array<Id>, _>(reacted);
        found.add_reactions(connection.all::<ReactionRow>(uses).await?);
    }
    if !mentioning.is_empty() {
        let people = sql(format!("{}= ANY(?1){}", MentionRow::SELECT, MentionRow::ORDER));
        let people = people.bind::<Array<Id>, _>(mentioning);
        found.add_mentions(connection.all::<MentionRow>(people).await?);
    }
    Ok(found.complete(messages))
}

/// Returns the message with all that it shows.
pub(crate) async fn complete_one(
    connection: &mut Connection,
    message: Option<Incomplete>,
) -> Result<Option<Message>, StoreError> {
    Ok(complete(connection, message.into_iter().collect()).await?.pop())
}

/// Returns those of the messages that exist, as others name them.
pub(crate) async fn named(
    connection: &mut Connection,
    messages: Vec<MessageId>,
) -> Result<Vec<(RoomId, Named)>, StoreError> {
    let statement = sql(format!("{}= ANY(?1)", NamedRow::SELECT)).bind::<Array<Id>, _>(messages);
    connection.all::<NamedRow>(statement).await
}
