//! A window of history, the most frequent of all reads: one query of one table. Senders' names never change, so they are cached;
//! the few files are read separately.

use std::collections::{BTreeSet, HashMap};

use diesel::sql_types::{Array, BigInt};
use domain::account::{UserRef, Username};
use domain::message::{Anchor, HistoryQuery, NewestMessages, Window};
use domain::room::{Revision, RoomView};
use domain::{FileId, RoomId, StoreError, UserId};
use moka::sync::Cache;
use store_common::lists::truncate;
use store_common::rows::{
    Found, Incomplete, Lookup, PackedWindowTypes, UserRow, WindowRow, packed_window_columns,
};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::PostgresStore;
use crate::pool::{Connection, Statement};

/// A cache of the names of recent senders.
#[derive(Clone)]
pub(crate) struct Names(Cache<UserId, Username>);

impl Names {
    pub(crate) fn new() -> Self {
        Self(Cache::new(100_000))
    }

    /// Returns those users, if the names of all are cached.
    fn known(&self, users: &BTreeSet<UserId>) -> Option<HashMap<UserId, UserRef>> {
        let user = |&id: &UserId| Some((id, UserRef { id, username: self.0.get(&id)? }));
        users.iter().map(user).collect()
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

    /// Fills in the creators of rooms that were read without their names.
    pub(crate) async fn fill_creators(
        &self,
        connection: &mut Connection,
        rooms: &mut [RoomView],
    ) -> Result<(), StoreError> {
        let creators = rooms.iter().map(|view| view.room.created_by.id).collect();
        let known = self.of(connection, creators).await?;
        for view in rooms {
            let id = view.room.created_by.id;
            let creator = known.get(&id).ok_or_else(|| StoreError::Corrupt(format!("no user {}", id.0)))?;
            view.room.created_by.clone_from(creator);
        }
        Ok(())
    }
}

impl PostgresStore {
    pub(crate) async fn read_window(&self, room: RoomId, query: HistoryQuery) -> Result<Window, StoreError> {
        let mut connection = None;
        let mut rows: Vec<WindowRow> = if let Some(rows) = self.windows.rows(room, &query).await? {
            rows
        } else {
            let connection = self.connected(&mut connection).await?;
            Box::pin(connection.typed_rows(statements::window(room, &query))).await?
        };
        let has_more = truncate(&mut rows, query.limit);
        if !matches!(query.anchor, Anchor::After(_)) {
            rows.reverse();
        }
        self.hydrate(connection, room, rows, has_more).await
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
        let statement = newest(room, limit).typed::<(BigInt, PackedWindowTypes)>();
        let rows: Vec<(i64, WindowRow)> = Box::pin(connection.typed_rows(statement)).await?;
        let Some(&(revision, _)) = rows.first() else { return Ok(None) };
        let mut rows: Vec<WindowRow> = rows.into_iter().map(|(_, row)| row).collect();
        let has_more = truncate(&mut rows, limit);
        rows.reverse();
        let window = self.hydrate(Some(connection), room, rows, has_more).await?;
        Ok(Some(NewestMessages { revision: Revision(revision), window }))
    }

    /// Returns the messages of the rows, with their senders, files and all else that they show. Most need no connection for that; what
    /// the others need is boxed, since it is large.
    async fn hydrate(
        &self,
        mut connection: Option<Connection>,
        room: RoomId,
        rows: Vec<WindowRow>,
        has_more: bool,
    ) -> Result<Window, StoreError> {
        let senders = rows.iter().map(WindowRow::sender).collect();
        let senders = match self.names.known(&senders) {
            Some(known) => known,
            None => Box::pin(self.names.of(self.connected(&mut connection).await?, senders)).await?,
        };
        let files: Vec<FileId> = rows.iter().filter_map(WindowRow::shown_file).collect();
        let files = if files.is_empty() {
            HashMap::new()
        } else {
            Box::pin(crate::files::find(self.connected(&mut connection).await?, files)).await?
        };
        let messages = rows.into_iter().map(|row| row.message(room, &senders, &files));
        let messages: Vec<Incomplete> = messages.collect::<Result<_, _>>()?;
        let messages = if Lookup::of(&messages).is_empty() {
            Found::default().complete(messages)
        } else {
            Box::pin(crate::extras::complete(self.connected(&mut connection).await?, messages)).await?
        };
        Ok(Window { messages, has_more })
    }

    /// Acquires the connection where there is none yet.
    async fn connected<'a>(
        &self,
        connection: &'a mut Option<Connection>,
    ) -> Result<&'a mut Connection, StoreError> {
        Ok(match connection {
            Some(connection) => connection,
            None => connection.insert(Box::pin(self.database.connection()).await?),
        })
    }
}

/// Returns the query of the newest messages, newest first and one row longer than asked, each beside the room's revision.
fn newest(room: RoomId, limit: u32) -> Statement {
    let columns = packed_window_columns();
    sql(format!(
        "SELECT (SELECT revision FROM rooms WHERE id = ?1), {columns} FROM messages s
         WHERE s.room_id = ?1 ORDER BY s.seq DESC LIMIT ?2"
    ))
    .bind::<Id, _>(room)
    .bind::<BigInt, _>(i64::from(limit) + 1)
}
