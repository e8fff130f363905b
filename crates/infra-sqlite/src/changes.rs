//! Changes after a revision, for subscribers that resume.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::BigInt;
use domain::event::{Change, ChangeKind, ChangeReader, Changes};
use domain::room::Revision;
use domain::{RoomId, SessionId, StoreError};
use store_common::rows::{CountRow, HeadRow, MemberChangeRow, MessageChangeRow, RoomRow};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::query::{all, in_snapshot, number, one};

#[async_trait]
impl ChangeReader for SqliteStore {
    async fn changes(
        &self,
        room: RoomId,
        since: Revision,
        origin: Revision,
        limit: u32,
    ) -> Result<Option<Changes>, StoreError> {
        self.database.read(move |c| in_snapshot(c, |c| changes(c, room, (since, origin), limit))).await
    }

    async fn changed_rooms(
        &self,
        rooms: Vec<(RoomId, Revision)>,
    ) -> Result<Vec<(RoomId, Revision)>, StoreError> {
        self.database
            .read(move |c| {
                let mut changed = vec![];
                // In-process, a lookup of each by primary key is as quick as one large query.
                for (room, known) in rooms {
                    let other = sql("SELECT revision AS n FROM rooms WHERE id = ?1 AND revision <> ?2");
                    let other = other.bind::<Id, _>(room).bind::<BigInt, _>(known.0);
                    changed.extend(one::<CountRow>(c, other)?.map(|revision| (room, Revision(revision))));
                }
                Ok(changed)
            })
            .await
    }

    async fn ended_sessions(&self, sessions: Vec<SessionId>) -> Result<Vec<SessionId>, StoreError> {
        self.database
            .read(move |c| {
                let mut ended = vec![];
                for session in sessions {
                    let living = sql("SELECT count(*) AS n FROM sessions WHERE id = ?1 AND ended_at IS NULL");
                    if number(c, living.bind::<Id, _>(session))? == 0 {
                        ended.push(session);
                    }
                }
                Ok(ended)
            })
            .await
    }
}

fn changes(
    c: &mut SqliteConnection,
    room: RoomId,
    (since, origin): (Revision, Revision),
    limit: u32,
) -> Result<Option<Changes>, StoreError> {
    let Some(head) = one::<HeadRow>(c, statements::head(room))? else { return Ok(None) };
    let revision = head.revision();
    if let Some(deletion) = head.deletion(room, since) {
        return Ok(Some(deletion));
    }
    let messages = all::<MessageChangeRow>(c, statements::message_changes(room, since, revision, limit))?;
    let (messages, sent): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
    let messages = crate::extras::complete(c, messages)?.into_iter().zip(sent);
    let members = all::<MemberChangeRow>(c, statements::member_changes(room, since, revision, limit))?;
    let mut items: Vec<Change> =
        messages.map(|(message, sent)| Change::of_message(message, sent, origin)).collect();
    items.extend(members.into_iter().map(|member| Change::of_member(room, member, origin)));
    if head.changed_after(since) {
        items.extend(one::<RoomRow>(c, statements::room_change(room, revision))?.map(|view| {
            let revision = view.room.changed_revision;
            Change { room, revision, kind: ChangeKind::RoomUpdated(Box::new(view.room)) }
        }));
    }
    Ok(Some(Changes::first(items, limit, revision)))
}
