//! A window of history, the most frequent of all reads: one query of one table, whose columns are taken by their places.
//! Senders' names never change, so they are known by heart; the few files are read apart.

use std::collections::{BTreeSet, HashMap};

use diesel::Queryable;
use diesel::sql_types::{Array, BigInt, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use domain::account::{UserRef, Username};
use domain::file::File;
use domain::message::{Anchor, ClientKey, HistoryQuery, Message, NewestMessages, Position, Window};
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId, StoreError};
use moka::sync::Cache;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::PostgresStore;
use crate::accounts::NameRow;
use crate::pool::Link;
use crate::rows::{kind_number, maybe_moment, message_state, moment, user_ref};
use crate::statement::{Statement, sql};

const COLUMNS: &str = "s.id, s.seq, s.revision, s.sender_id, s.kind, s.content, s.file_id, s.client_key,
    s.created_at, s.edited_at, s.deleted_at";
type Types = (
    SqlUuid,
    BigInt,
    BigInt,
    SqlUuid,
    SmallInt,
    Nullable<Text>,
    Nullable<SqlUuid>,
    Nullable<Text>,
    Timestamptz,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
);

#[derive(Queryable)]
struct WindowRow {
    id: Uuid,
    seq: i64,
    revision: i64,
    sender: Uuid,
    kind: i16,
    content: Option<String>,
    file: Option<Uuid>,
    client_key: Option<String>,
    created_at: OffsetDateTime,
    edited_at: Option<OffsetDateTime>,
    deleted_at: Option<OffsetDateTime>,
}

impl WindowRow {
    /// The file that it shows, if it does.
    fn shows(&self) -> Option<Uuid> {
        self.file.filter(|_| self.deleted_at.is_none())
    }

    fn message(self, room: RoomId, sender: UserRef, file: Option<File>) -> Result<Message, StoreError> {
        Ok(Message {
            id: MessageId(self.id),
            room,
            seq: Seq(self.seq),
            revision: Revision(self.revision),
            sender,
            client_key: self.client_key.map(ClientKey::stored),
            created_at: moment(self.created_at)?,
            edited_at: maybe_moment(self.edited_at)?,
            state: message_state(self.kind, self.content, self.file, self.deleted_at)?,
            file: file.map(Box::new),
        })
    }
}

/// The names of those whose messages were read of late.
#[derive(Clone)]
pub(crate) struct Names(Cache<Uuid, Username>);

impl Names {
    pub(crate) fn new() -> Self {
        Self(Cache::new(100_000))
    }

    async fn of(&self, link: &mut Link, users: BTreeSet<Uuid>) -> Result<HashMap<Uuid, UserRef>, StoreError> {
        let mut known = HashMap::with_capacity(users.len());
        let mut unknown = vec![];
        for user in users {
            match self.0.get(&user) {
                Some(username) => drop(known.insert(user, UserRef { id: domain::UserId(user), username })),
                None => unknown.push(user),
            }
        }
        if !unknown.is_empty() {
            let statement =
                sql("SELECT id, username FROM users WHERE id = ANY($1)").bind::<Array<SqlUuid>, _>(unknown);
            for row in link.rows::<NameRow>(statement).await? {
                let user = user_ref(row.id, row.username);
                self.0.insert(row.id, user.username.clone());
                known.insert(row.id, user);
            }
        }
        Ok(known)
    }
}

impl PostgresStore {
    pub(crate) async fn read_window(&self, room: RoomId, query: HistoryQuery) -> Result<Window, StoreError> {
        let mut link = self.database.link().await?;
        let mut rows: Vec<WindowRow> = link.typed_rows(statement(room, &query).typed::<Types>()).await?;
        let has_more = cut(&mut rows, query.limit);
        if !matches!(query.anchor, Anchor::After(_)) {
            rows.reverse();
        }
        self.furnish(&mut link, room, rows, has_more).await
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
        let mut link = self.database.link().await?;
        let statement = newest(room, limit).typed::<(BigInt, Types)>();
        let rows: Vec<(i64, WindowRow)> = link.typed_rows(statement).await?;
        let Some(&(revision, _)) = rows.first() else { return Ok(None) };
        let mut rows: Vec<WindowRow> = rows.into_iter().map(|(_, row)| row).collect();
        let has_more = cut(&mut rows, limit);
        rows.reverse();
        let window = self.furnish(&mut link, room, rows, has_more).await?;
        Ok(Some(NewestMessages { revision: Revision(revision), window }))
    }

    /// The messages of the rows, with what stands in other tables.
    async fn furnish(
        &self,
        link: &mut Link,
        room: RoomId,
        rows: Vec<WindowRow>,
        has_more: bool,
    ) -> Result<Window, StoreError> {
        let senders = self.names.of(link, rows.iter().map(|row| row.sender).collect()).await?;
        let files = crate::files::some(link, rows.iter().filter_map(WindowRow::shows).collect()).await?;
        let messages = rows.into_iter().map(|row| {
            let sender = senders.get(&row.sender).cloned();
            let sender = sender.ok_or_else(|| StoreError::Corrupt("a message of nobody's".into()))?;
            let file = row.shows().and_then(|file| files.get(&file).cloned());
            row.message(room, sender, file)
        });
        Ok(Window { messages: messages.collect::<Result<_, _>>()?, has_more })
    }
}

/// Takes the row away that was read beyond the limit; answers whether there was one.
fn cut(rows: &mut Vec<WindowRow>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    has_more
}

/// The newest messages, newest first and one row longer than asked, each beside the room's revision.
fn newest(room: RoomId, limit: u32) -> Statement {
    sql(format!(
        "SELECT (SELECT revision FROM rooms WHERE id = $1), {COLUMNS} FROM messages s
         WHERE s.room_id = $1 ORDER BY s.seq DESC LIMIT $2"
    ))
    .bind::<SqlUuid, _>(room.0)
    .bind::<BigInt, _>(i64::from(limit) + 1)
}

/// The window, nearest to the anchor first and one row longer than asked.
fn statement(room: RoomId, query: &HistoryQuery) -> Statement {
    let (position, compare, way) = match query.anchor {
        Anchor::Newest => (Position::Seq(Seq(i64::MAX)), "<=", "DESC"),
        Anchor::Before(position) => (position, "<", "DESC"),
        Anchor::After(position) => (position, ">", "ASC"),
    };
    // Times rise with seq. So a time is turned into the seq that stands there, and every index which ends in seq serves
    // both; by a time, and one kind or sender, there is none.
    let edge = match (position, compare) {
        (Position::Seq(_), _) => "$2",
        (Position::Time(_), "<") => {
            "coalesce((SELECT e.seq FROM messages e WHERE e.room_id = $1 AND e.created_at >= $2
                ORDER BY e.created_at LIMIT 1), 9223372036854775807)"
        }
        (Position::Time(_), _) => {
            "coalesce((SELECT e.seq FROM messages e WHERE e.room_id = $1 AND e.created_at <= $2
                ORDER BY e.created_at DESC LIMIT 1), 0)"
        }
    };
    let kind = query.kind.map(|kind| format!(" AND s.kind = {} AND s.deleted_at IS NULL", kind_number(kind)));
    let sender = query.sender.map(|_| " AND s.sender_id = $4");
    let statement = sql(format!(
        "SELECT {COLUMNS} FROM messages s WHERE s.room_id = $1 AND s.seq {compare} {edge}{}{} ORDER BY s.seq {way} LIMIT $3",
        kind.unwrap_or_default(),
        sender.unwrap_or_default(),
    ))
    .bind::<SqlUuid, _>(room.0);
    let statement = match position {
        Position::Seq(seq) => statement.bind::<BigInt, _>(seq.0),
        Position::Time(at) => statement.bind::<Timestamptz, _>(at.as_datetime()),
    };
    let statement = statement.bind::<BigInt, _>(i64::from(query.limit) + 1);
    match query.sender {
        Some(sender) => statement.bind::<SqlUuid, _>(sender.0),
        None => statement,
    }
}
