//! The rows of reactions and pins that a batch reads and writes: one statement for each kind of row, however many there are,
//! and none for a batch of messages alone.

use std::collections::BTreeSet;

use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use domain::message::{Annotation, AnnotationAct, AnnotationChanges, Annotations, Emoji};
use domain::room::Revision;
use domain::{MessageId, RoomId, StoreError, UserId};
use store_common::rows::{AnnotatedRow, PinCountRow, ReactionCountRow, UseRow};
use store_common::sql_types::{Id, Moment};
use store_common::statement::sql;

use crate::pool::Connection;

/// Reads what the rules ask for.
pub(super) async fn load(
    connection: &mut Connection,
    annotations: &[&Annotation],
) -> Result<Annotations, StoreError> {
    let mut loaded = Annotations::default();
    let ids: BTreeSet<MessageId> = annotations.iter().map(|new| new.message).collect();
    let ids: Vec<MessageId> = ids.into_iter().collect();
    let messages = sql(format!("{}= ANY(?1)", AnnotatedRow::SELECT)).bind::<Array<Id>, _>(ids.clone());
    loaded.messages.extend(connection.all::<AnnotatedRow>(messages).await?);
    let mut uses = BTreeSet::new();
    let mut rooms = BTreeSet::new();
    for new in annotations {
        match &new.act {
            AnnotationAct::React(emoji) | AnnotationAct::Unreact(emoji) => {
                uses.insert((new.message, new.user, emoji.as_str().to_owned()));
            }
            AnnotationAct::Pin | AnnotationAct::Unpin => {
                rooms.insert(new.room);
            }
        }
    }
    // For pins too: a message that is stored says if there are reactions to it.
    load_counts(connection, ids, &mut loaded).await?;
    if !uses.is_empty() {
        load_uses(connection, uses, &mut loaded).await?;
    }
    if !rooms.is_empty() {
        loaded.pins.extend(pins(connection, rooms.into_iter().collect()).await?);
    }
    Ok(loaded)
}

async fn load_counts(
    connection: &mut Connection,
    messages: Vec<MessageId>,
    loaded: &mut Annotations,
) -> Result<(), StoreError> {
    let counts = sql(format!("{}= ANY(?1)", ReactionCountRow::SELECT)).bind::<Array<Id>, _>(messages);
    let counts = connection.all::<ReactionCountRow>(counts).await?;
    for (id, emoji, count) in counts {
        if let Some((_, message)) = loaded.messages.iter_mut().find(|((_, known), _)| *known == id) {
            message.counts.insert(emoji, count);
        }
    }
    Ok(())
}

async fn load_uses(
    connection: &mut Connection,
    uses: BTreeSet<(MessageId, UserId, String)>,
    loaded: &mut Annotations,
) -> Result<(), StoreError> {
    let (mut ids, mut users, mut emojis) = (Vec::new(), Vec::new(), Vec::new());
    for (message, user, emoji) in uses {
        ids.push(message);
        users.push(user);
        emojis.push(emoji);
    }
    let statement = sql(format!(
        "{}JOIN unnest(?1, ?2, ?3) AS known (message, usr, emoji)
            ON r.message_id = known.message AND r.emoji = known.emoji AND r.user_id = known.usr",
        UseRow::SELECT
    ))
    .bind::<Array<Id>, _>(ids)
    .bind::<Array<Id>, _>(users)
    .bind::<Array<Text>, _>(emojis);
    loaded.uses.extend(connection.all::<UseRow>(statement).await?);
    Ok(())
}

async fn pins(connection: &mut Connection, rooms: Vec<RoomId>) -> Result<Vec<(RoomId, u32)>, StoreError> {
    let statement = sql(
        "SELECT known.room AS room_id, (SELECT count(*) FROM messages p WHERE p.room_id = known.room
            AND p.pinned_revision IS NOT NULL AND p.deleted_at IS NULL) AS n FROM unnest(?1) AS known (room)",
    )
    .bind::<Array<Id>, _>(rooms);
    connection.all::<PinCountRow>(statement).await
}

/// Stores what a batch changed.
pub(super) async fn save(connection: &mut Connection, changes: &AnnotationChanges) -> Result<(), StoreError> {
    if changes.messages.is_empty() {
        return Ok(());
    }
    save_messages(connection, changes).await?;
    let (gone, kept): (Vec<_>, Vec<_>) = changes.counts.iter().partition(|(_, _, count)| *count == 0);
    if !kept.is_empty() {
        let statement =
            sql("INSERT INTO reaction_counts (message_id, emoji, uses) SELECT * FROM unnest(?1, ?2, ?3)
             ON CONFLICT (message_id, emoji) DO UPDATE SET uses = excluded.uses")
            .bind::<Array<Id>, _>(kept.iter().map(|(message, ..)| *message).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(kept.iter().map(|(_, emoji, _)| text(emoji)).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(kept.iter().map(|(.., count)| i64::from(*count)).collect::<Vec<_>>());
        connection.execute(statement).await?;
    }
    if !gone.is_empty() {
        let statement = sql("DELETE FROM reaction_counts c USING unnest(?1, ?2) AS gone (message, emoji)
             WHERE c.message_id = gone.message AND c.emoji = gone.emoji")
        .bind::<Array<Id>, _>(gone.iter().map(|(message, ..)| *message).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(gone.iter().map(|(_, emoji, _)| text(emoji)).collect::<Vec<_>>());
        connection.execute(statement).await?;
    }
    save_uses(connection, &changes.added, &changes.removed).await
}

async fn save_messages(connection: &mut Connection, changes: &AnnotationChanges) -> Result<(), StoreError> {
    let messages = || changes.messages.iter().map(|(_, message)| message);
    let statement = sql("UPDATE messages m SET revision = now.revision, reacted = now.reacted,
            pinned_at = now.pinned_at, pinned_revision = now.pinned_revision
         FROM unnest(?1, ?2, ?3, ?4, ?5) AS now (id, revision, reacted, pinned_at, pinned_revision)
         WHERE m.id = now.id")
    .bind::<Array<Id>, _>(changes.messages.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(messages().map(|message| message.revision.0).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(messages().map(|message| !message.counts.is_empty()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Moment>>, _>(
        messages().map(|message| message.pin.map(|pin| pin.at)).collect::<Vec<_>>(),
    )
    .bind::<Array<Nullable<BigInt>>, _>(
        messages().map(|message| message.pin.map(|pin| pin.revision.0)).collect::<Vec<_>>(),
    );
    connection.execute(statement).await.map(drop)
}

async fn save_uses(
    connection: &mut Connection,
    added: &[(MessageId, UserId, Emoji, Revision)],
    removed: &[(MessageId, UserId, Emoji)],
) -> Result<(), StoreError> {
    if !added.is_empty() {
        let statement = sql("INSERT INTO reactions (message_id, user_id, emoji, revision)
             SELECT * FROM unnest(?1, ?2, ?3, ?4)
             ON CONFLICT (message_id, emoji, user_id) DO UPDATE SET revision = excluded.revision")
        .bind::<Array<Id>, _>(added.iter().map(|(message, ..)| *message).collect::<Vec<_>>())
        .bind::<Array<Id>, _>(added.iter().map(|(_, user, ..)| *user).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(added.iter().map(|(_, _, emoji, _)| text(emoji)).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(added.iter().map(|(.., revision)| revision.0).collect::<Vec<_>>());
        connection.execute(statement).await?;
    }
    if !removed.is_empty() {
        let statement = sql("DELETE FROM reactions r USING unnest(?1, ?2, ?3) AS gone (message, usr, emoji)
             WHERE r.message_id = gone.message AND r.user_id = gone.usr AND r.emoji = gone.emoji")
        .bind::<Array<Id>, _>(removed.iter().map(|(message, ..)| *message).collect::<Vec<_>>())
        .bind::<Array<Id>, _>(removed.iter().map(|(_, user, _)| *user).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(removed.iter().map(|(.., emoji)| text(emoji)).collect::<Vec<_>>());
        connection.execute(statement).await?;
    }
    Ok(())
}

fn text(emoji: &Emoji) -> String {
    emoji.as_str().to_owned()
}
