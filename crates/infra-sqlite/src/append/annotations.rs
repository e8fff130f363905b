//! The rows of reactions and pins that a batch reads and writes.

use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::message::{Annotation, AnnotationAct, AnnotationChanges, Annotations, Emoji};
use domain::{MessageId, StoreError};
use store_common::rows::{AnnotatedRow, ReactionCountRow, UseRow, small_count};
use store_common::sql_types::{Id, Moment};
use store_common::statement::sql;

use crate::query::{Statement, all, execute, number, one};

/// Reads what the rules ask for, unless it is there.
pub(super) fn load(
    c: &mut SqliteConnection,
    new: &Annotation,
    loaded: &mut Annotations,
) -> Result<(), StoreError> {
    let key = (new.room, new.message);
    if !loaded.messages.contains_key(&key) {
        let message = sql(format!("{}= ?1", AnnotatedRow::SELECT)).bind::<Id, _>(new.message);
        if let Some((key, mut message)) = one::<AnnotatedRow>(c, message)? {
            let counts = sql(format!("{}= ?1", ReactionCountRow::SELECT)).bind::<Id, _>(new.message);
            let counts = all::<ReactionCountRow>(c, counts)?;
            message.counts.extend(counts.into_iter().map(|(_, emoji, count)| (emoji, count)));
            loaded.messages.insert(key, message);
        }
    }
    match &new.act {
        AnnotationAct::React(emoji) | AnnotationAct::Unreact(emoji) => {
            let used =
                sql(format!("{}WHERE r.message_id = ?1 AND r.emoji = ?2 AND r.user_id = ?3", UseRow::SELECT));
            let used = bind(used, new.message, emoji).bind::<Id, _>(new.user);
            loaded.uses.extend(one::<UseRow>(c, used)?);
        }
        AnnotationAct::Pin | AnnotationAct::Unpin if !loaded.pins.contains_key(&new.room) => {
            let pins =
                sql("SELECT count(*) AS n FROM messages WHERE room_id = ?1 AND pinned_revision IS NOT NULL
                AND deleted_at IS NULL");
            let pins = small_count(number(c, pins.bind::<Id, _>(new.room))?)?;
            loaded.pins.insert(new.room, pins);
        }
        AnnotationAct::Pin | AnnotationAct::Unpin => {}
    }
    Ok(())
}

/// Stores what a batch changed.
pub(super) fn save(c: &mut SqliteConnection, changes: &AnnotationChanges) -> Result<(), StoreError> {
    for (id, message) in &changes.messages {
        let statement =
            sql("UPDATE messages SET revision = ?2, reacted = ?3, pinned_at = ?4, pinned_revision = ?5
             WHERE id = ?1")
            .bind::<Id, _>(*id)
            .bind::<BigInt, _>(message.revision.0)
            .bind::<Bool, _>(!message.counts.is_empty())
            .bind::<Nullable<Moment>, _>(message.pin.map(|pin| pin.at))
            .bind::<Nullable<BigInt>, _>(message.pin.map(|pin| pin.revision.0));
        execute(c, statement)?;
    }
    for (message, emoji, count) in &changes.counts {
        let statement = if *count == 0 {
            bind(sql("DELETE FROM reaction_counts WHERE message_id = ?1 AND emoji = ?2"), *message, emoji)
        } else {
            let kept = sql("INSERT INTO reaction_counts (message_id, emoji, uses) VALUES (?1, ?2, ?3)
                ON CONFLICT (message_id, emoji) DO UPDATE SET uses = excluded.uses");
            bind(kept, *message, emoji).bind::<BigInt, _>(i64::from(*count))
        };
        execute(c, statement)?;
    }
    for (message, user, emoji, revision) in &changes.added {
        let added =
            sql("INSERT INTO reactions (message_id, emoji, user_id, revision) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (message_id, emoji, user_id) DO UPDATE SET revision = excluded.revision");
        execute(c, bind(added, *message, emoji).bind::<Id, _>(*user).bind::<BigInt, _>(revision.0))?;
    }
    for (message, user, emoji) in &changes.removed {
        let removed = sql("DELETE FROM reactions WHERE message_id = ?1 AND emoji = ?2 AND user_id = ?3");
        execute(c, bind(removed, *message, emoji).bind::<Id, _>(*user))?;
    }
    Ok(())
}

fn bind(statement: Statement, message: MessageId, emoji: &Emoji) -> Statement {
    statement.bind::<Id, _>(message).bind::<Text, _>(emoji.as_str().to_owned())
}
