//! A window of history, the most frequent of all reads: one query of one table, whose columns are read by position.
//! Senders' names never change, so they are cached; the few files are read separately.

use std::collections::{BTreeSet, HashMap};

use diesel::Queryable;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use domain::account::{UserRef, Username};
use domain::file::File;
use domain::message::{
    Anchor, ClientKey, HistoryQuery, Message, MessageKind, NewestMessages, Position, Window,
};
use domain::room::{Revision, Seq};
use domain::{FileId, MessageId, RoomId, StoreError, Timestamp, UserId};
use moka::sync::Cache;
use store_common::lists::{truncate, window};
use store_common::rows::{ExtraColumns, ExtraTypes, Incomplete, UserRow, message_state};
use store_common::sql_types::{Code, Id, Moment};
use store_common::statement::sql;

use crate::PostgresStore;
use crate::pool::{Connection, Statement};

const COLUMNS: &str = concat!(
    "s.id, s.seq, s.revision, s.sender_id, s.kind, s.content, s.file_id, s.client_key, s.created_at, s.edited_at,
    s.deleted_at, ",
    store_common::extra_columns!()
);
type Types = (
    Id,
    BigInt,
    BigInt,
    Id,
    Code,
    Nullable<Text>,
    Nullable<Id>,
    Nullable<Text>,
    Moment,
    Nullable<Moment>,
    Nullable<Moment>,
    ExtraTypes,
);

#[derive(Queryable)]
struct WindowRow {
    id: MessageId,
    seq: i64,
    revision: i64,
    sender: UserId,
    kind: MessageKind,
    content: Option<String>,
    file: Option<FileId>,
    client_key: Option<String>,
    created_at: Timestamp,
    edited_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
    extras: ExtraColumns,
}

impl WindowRow {
    /// Returns the file that the message shows, unless the message is deleted.
    fn shown_file(&self) -> Option<FileId> {
        self.file.filter(|_| self.deleted_at.is_none())
    }

    fn message(self, room: RoomId, sender: UserRef, file: Option<File>) -> Result<Incomplete, StoreError> {
        let message = Message {
            id: self.id,
            room,
            seq: Seq(self.seq),
            revision: Revision(self.revision),
            sender,
            client_key: self.client_key.map(ClientKey::stored),
            created_at: self.created_at,
            edited_at: self.edited_at,
            state: message_state(self.kind, self.content, self.file, self.deleted_at)?,
            file: file.map(Box::new),
            extras: None,
        };
        Ok(Incomplete::new(message, self.extras))
    }
}

/// A cache of the names of recent senders.
#[derive(Clone)]
pub(crate) struct Names(Cache<UserId, Username>);

impl Names {
    pub(crate) fn new() -> Self {
        Self(Cache::new(100_000))
    }

    /// Returns those users.
    pub(crate) async fn of(
        &self,
        connection: &mut Connection,
        users: BTreeSet<UserId>,
    ) -> Result<HashMap<UserId, UserRef>, StoreError> {
        let mut known = HashMap::with_capacity(users.len());
        let mut unknown = vec![];
        for id in users {
            match self.0.get(&id) {
                Some(username) => drop(known.insert(id, UserRef { id, username })),
                None => unknown.push(id),
            }
        }
        if !unknown.is_empty() {
            let statement = sql(format!("{}id = ANY(?1)", UserRow::SELECT)).bind::<Array<Id>, _>(unknown);
            for user in connection.all::<UserRow>(statement).await? {
                self.0.insert(user.id, user.username.clone());
                known.insert(user.id, user);
            }
        }
        Ok(known)
    }
}

impl PostgresStore {
    pub(crate) async fn read_window(&self, room: RoomId, query: HistoryQuery) -> Result<Window, StoreError> {
        let mut connection = self.database.connection().await?;
        let mut rows: Vec<WindowRow> =
            connection.typed_rows(statement(room, &query).typed::<Types>()).await?;
        let has_more = truncate(&mut rows, query.limit);
        if !matches!(query.anchor, Anchor::After(_)) {
            rows.reverse();
        }
        self.hydrate(&mut connection, room, rows, has_more).await
    }

    pub(crate) async fn read_newest(
        &self,
        room: RoomId,
        limit: u32,
        known: Option<Revision>,
    ) -> Result<Option<NewestMessages>, StoreError> {
        if known.is_some() && self.revisions.of(room).await? == known {
            return Ok(None);
        }
        let mut connection = self.database.connection().await?;
        let statement = newest(room, limit).typed::<(BigInt, Types)>();
        let rows: Vec<(i64, WindowRow)> = connection.typed_rows(statement).await?;
        let Some(&(revision, _)) = rows.first() else { return Ok(None) };
        let mut rows: Vec<WindowRow> = rows.into_iter().map(|(_, row)| row).collect();
        let has_more = truncate(&mut rows, limit);
        rows.reverse();
        let window = self.hydrate(&mut connection, room, rows, has_more).await?;
        Ok(Some(NewestMessages { revision: Revision(revision), window }))
    }

    /// Returns the messages of the rows, with their senders, files and all else that they show.
    async fn hydrate(
        &self,
        connection: &mut Connection,
        room: RoomId,
        rows: Vec<WindowRow>,
        has_more: bool,
    ) -> Result<Window, StoreError> {
        let senders = self.names.of(connection, rows.iter().map(|row| row.sender).collect()).await?;
        let files =
            crate::files::find(connection, rows.iter().filter_map(WindowRow::shown_file).collect()).await?;
        let messages = rows.into_iter().map(|row| {
            let sender = senders.get(&row.sender).cloned();
            let sender = sender.ok_or_else(|| StoreError::Corrupt("a message without a sender".into()))?;
            let file = row.shown_file().and_then(|file| files.get(&file).cloned());
            row.message(room, sender, file)
        });
        let messages = messages.collect::<Result<_, _>>()?;
        Ok(Window { messages: crate::extras::complete(connection, messages).await?, has_more })
    }
}

/// Returns the query of the newest messages, newest first and one row longer than asked, each beside the room's revision.
fn newest(room: RoomId, limit: u32) -> Statement {
    sql(format!(
        "SELECT (SELECT revision FROM rooms WHERE id = ?1), {COLUMNS} FROM messages s
         WHERE s.room_id = ?1 ORDER BY s.seq DESC LIMIT ?2"
    ))
    .bind::<Id, _>(room)
    .bind::<BigInt, _>(i64::from(limit) + 1)
}

/// Returns the query of a window, nearest to the anchor first and one row longer than asked.
fn statement(room: RoomId, query: &HistoryQuery) -> Statement {
    let (clauses, position) = window(query);
    let statement = sql(format!("SELECT {COLUMNS} FROM messages s {clauses}")).bind::<Id, _>(room);
    let statement = match position {
        Position::Seq(seq) => statement.bind::<BigInt, _>(seq.0),
        Position::Time(at) => statement.bind::<Moment, _>(at),
    };
    statement
        .bind::<BigInt, _>(i64::from(query.limit) + 1)
        .bind::<Nullable<Id>, _>(query.sender)
        .bind::<Nullable<Id>, _>(query.thread())
}
