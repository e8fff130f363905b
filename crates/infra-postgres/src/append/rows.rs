//! The rows that an append reads: one statement for each kind of row, however many there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use domain::membership::{Role, Standing};
use domain::message::{
    Annotation, Batch, Content, EarlierSend, Fingerprint, LogWrite, Mentions, RoomTail, Sender,
};
use domain::room::Seq;
use domain::{FileId, MessageId, RoomId, SessionId, StoreError, Timestamp, UserId};
use store_common::rows::{EarlierRow, Incomplete, Row, TailRow};
use store_common::sql_types::{Code, Id, Moment};
use store_common::statement::sql;

use crate::pool::{Connection, Statement};
use crate::window::Names;

/// The end of a room's log, and up to which message a send noted the room's activity.
#[derive(QueryableByName)]
pub(super) struct LockedRow {
    #[diesel(embed)]
    tail: TailRow,
    #[diesel(sql_type = BigInt)]
    activity_seq: i64,
}

impl LockedRow {
    /// Selects living rooms; more conditions follow.
    pub(super) fn select() -> String {
        format!("SELECT {}, activity_seq FROM rooms WHERE deleted_at IS NULL AND ", TailRow::COLUMNS)
    }
}

impl Row for LockedRow {
    /// The last is true where the second of the newest message is noted as [`noted`] says.
    ///
    /// [`noted`]: store_common::room_lists::noted
    type Value = (RoomId, RoomTail, Seq, bool);

    fn value(self) -> Result<Self::Value, StoreError> {
        let (room, tail, words) = self.tail.value()?;
        Ok((room, tail, words, self.activity_seq == tail.log.last_seq.0))
    }
}

/// The sender of a message, without their name, and its room and session.
#[derive(QueryableByName)]
pub(super) struct SenderRow {
    #[diesel(sql_type = Id)]
    room: RoomId,
    #[diesel(sql_type = Id)]
    session: SessionId,
    #[diesel(sql_type = Id)]
    usr: UserId,
    #[diesel(sql_type = Nullable<Code>)]
    role: Option<Role>,
    #[diesel(sql_type = Bool)]
    invited: bool,
    #[diesel(sql_type = Bool)]
    signed_in: bool,
}

impl Row for SenderRow {
    type Value = Self;

    fn value(self) -> Result<Self, StoreError> {
        Ok(self)
    }
}

/// Adds the senders, with their names.
pub(super) async fn add_senders(
    connection: &mut Connection,
    names: &Names,
    senders: Vec<SenderRow>,
    batch: &mut Batch,
) -> Result<(), StoreError> {
    let users = names.of(connection, senders.iter().map(|sender| sender.usr).collect()).await?;
    batch.senders.extend(senders.into_iter().filter_map(
        |SenderRow { room, session, usr, role, invited, signed_in }| {
            let (user, standing) = (users.get(&usr)?.clone(), Standing::of(role, invited));
            Some(((room, session), Sender { user, standing, signed_in }))
        },
    ));
    Ok(())
}

/// Adds the earlier messages with a client key of the batch.
pub(super) async fn add_earlier(
    connection: &mut Connection,
    earlier: Vec<(Fingerprint, Incomplete)>,
    batch: &mut Batch,
) -> Result<(), StoreError> {
    let (fingerprints, messages): (Vec<_>, Vec<_>) = earlier.into_iter().unzip();
    let messages = crate::extras::complete(connection, messages).await?;
    for (fingerprint, message) in fingerprints.into_iter().zip(messages) {
        if let Some(key) = message.client_key.clone() {
            let key = (message.room, message.sender.id, key);
            batch.earlier.insert(key, EarlierSend { fingerprint, message });
        }
    }
    Ok(())
}

/// Reads what the rules ask for where a write names a message, a file or a person, or annotates.
pub(super) async fn load(
    connection: &mut Connection,
    writes: &[&LogWrite],
    batch: &mut Batch,
) -> Result<(), StoreError> {
    let messages = || writes.iter().filter_map(|write| write.message());
    let named: BTreeSet<MessageId> = messages().flat_map(|new| new.extras.named()).collect();
    if !named.is_empty() {
        let named = crate::extras::named(connection, named.into_iter().collect()).await?;
        batch.named.extend(named.into_iter().map(|(room, named)| ((room, named.quote.id), named)));
    }
    let names = messages().flat_map(|new| {
        let text = new.body.content().map_or("", Content::as_str);
        Mentions::names(text).into_iter().map(move |name| (new.room, name))
    });
    for (room, member) in crate::mentions::members(connection, names.collect()).await? {
        batch.members.entry(room).or_default().insert(member.username.key(), member);
    }
    let annotations: Vec<&Annotation> = writes.iter().filter_map(|write| write.annotation()).collect();
    if !annotations.is_empty() {
        batch.annotations = super::annotations::load(connection, &annotations).await?;
    }
    let files: BTreeSet<FileId> = messages().filter_map(|new| new.body.file()).collect();
    if !files.is_empty() {
        let held = crate::files::hold(connection, files.into_iter().collect()).await?;
        batch.files.extend(held.into_iter().map(|file| (file.id, file)));
    }
    Ok(())
}

/// Selects the senders' sessions and their standing in the rooms.
pub(super) fn senders(writes: &[Arc<LogWrite>]) -> Statement {
    let senders = writes.iter().map(|write| {
        let (user, session, at) = write.by();
        ((write.room(), session), (user, at))
    });
    let senders: BTreeMap<(RoomId, SessionId), (UserId, Timestamp)> = senders.collect();
    let (rooms, sessions): (Vec<_>, Vec<_>) = senders.keys().copied().unzip();
    let (users, moments): (Vec<UserId>, Vec<Timestamp>) = senders.into_values().unzip();
    // Members are not looked up among those invited. A condition on `left_at` would suggest the index of roles, which holds all that is
    // asked for and is read through the room's members.
    sql("SELECT sent.room, sent.session, sent.usr, m.role, s.id IS NOT NULL AS signed_in,
            m.role IS NULL AND (SELECT i.user_id FROM invitations i
                WHERE i.room_id = sent.room AND i.user_id = sent.usr) IS NOT NULL AS invited
         FROM unnest(?1, ?2, ?3, ?4) AS sent (room, session, usr, at)
         LEFT JOIN sessions s ON s.id = sent.session AND s.user_id = sent.usr AND s.ended_at IS NULL
            AND s.expires_at > sent.at
         LEFT JOIN (SELECT room_id, user_id, CASE WHEN left_at IS NULL THEN role END AS role FROM memberships) AS m
            ON m.room_id = sent.room AND m.user_id = sent.usr")
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<Id>, _>(sessions)
    .bind::<Array<Id>, _>(users)
    .bind::<Array<Moment>, _>(moments)
}

/// Selects the earlier messages with a client key of the batch, as [`EarlierRow`]; `None` where it has no keys.
pub(super) fn earlier(writes: &[Arc<LogWrite>]) -> Option<Statement> {
    let keyed = writes
        .iter()
        .filter_map(|write| write.message())
        .filter_map(|new| new.client_key.as_ref().map(|key| (new.room, new.sender, key.as_str().to_owned())));
    let (mut rooms, mut users, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for (room, user, key) in keyed.collect::<BTreeSet<_>>() {
        rooms.push(room);
        users.push(user);
        keys.push(key);
    }
    if keys.is_empty() {
        return None;
    }
    let statement = sql(format!(
        "{}JOIN unnest(?1, ?2, ?3) AS known (room, usr, key)
            ON s.room_id = known.room AND s.sender_id = known.usr AND s.client_key = known.key",
        EarlierRow::select()
    ))
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<Id>, _>(users)
    .bind::<Array<Text>, _>(keys);
    Some(statement)
}
