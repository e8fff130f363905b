//! Messages.

use async_trait::async_trait;
use diesel::sql_types::Array;
use domain::account::UserRef;
use domain::message::{
    Deletion, Edit, Emoji, HistoryQuery, MentionQuery, Mentions, Message, MessageReader, MessageWrites,
    NewestMessages, Version, Window,
};
use domain::room::Revision;
use domain::{MessageId, Page, PageRequest, RoomId, StoreError, Timestamp, UserId};
use store_common::lists::truncate;
use store_common::rows::{MessageIdRow, MessageRow, SentAtRow, UserRow, VersionRow, count};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::PostgresStore;
use crate::extras;
use crate::mentions;
use crate::pool::{Connection, Statement};
use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl MessageReader for PostgresStore {
    async fn window(&self, room: RoomId, query: HistoryQuery) -> Result<Window, StoreError> {
        self.read_window(room, query).await
    }

    async fn newest(
        &self,
        room: RoomId,
        limit: u32,
        known: Option<Revision>,
    ) -> Result<Option<NewestMessages>, StoreError> {
        self.read_newest(room, limit, known).await
    }

    async fn message(&self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        let mut connection = self.database.connection().await?;
        read(&mut connection, statements::message(room, message)).await
    }

    async fn versions(&self, message: MessageId, page: PageRequest) -> Result<Page<Version>, StoreError> {
        let (total, listed) = (statements::version_count(message), statements::versions(message, page));
        self.database.page::<VersionRow>(total, listed).await
    }

    async fn reaction_users(
        &self,
        room: RoomId,
        message: MessageId,
        emoji: Emoji,
        page: PageRequest,
    ) -> Result<Option<Page<UserRef>>, StoreError> {
        let mut connection = self.database.connection().await?;
        if connection.number(statements::living_message(room, message)).await? == 0 {
            return Ok(None);
        }
        let total = count(connection.number(statements::reaction_count(message, &emoji)).await?)?;
        let users = statements::reaction_users(message, &emoji, page);
        Ok(Some(Page { items: connection.all::<UserRow>(users).await?, total }))
    }

    async fn pins(&self, room: RoomId, page: PageRequest) -> Result<Page<Message>, StoreError> {
        let mut connection = self.database.connection().await?;
        let total = count(connection.number(statements::pin_count(room)).await?)?;
        let messages = connection.all::<MessageRow>(statements::pins(room, page)).await?;
        Ok(Page { items: extras::complete(&mut connection, messages).await?, total })
    }

    async fn mentions(&self, user: UserId, query: MentionQuery) -> Result<Window, StoreError> {
        let mut connection = self.database.connection().await?;
        let mut ids = connection.all::<MessageIdRow>(statements::mentions(user, &query)).await?;
        let has_more = truncate(&mut ids, query.limit);
        let mut messages = by_ids(&mut connection, ids).await?;
        messages.sort_unstable_by_key(|message| (message.created_at, message.id));
        Ok(Window { messages, has_more })
    }

    async fn sent_at(&self, message: MessageId, user: UserId) -> Result<Option<Timestamp>, StoreError> {
        self.database.one::<SentAtRow>(statements::sent_at(message, user)).await
    }
}

/// Returns the messages of these ids, in no order, with all that they show.
pub(crate) async fn by_ids(
    connection: &mut Connection,
    ids: Vec<MessageId>,
) -> Result<Vec<Message>, StoreError> {
    let statement = sql(format!("{}WHERE s.id = ANY(?1)", MessageRow::SELECT)).bind::<Array<Id>, _>(ids);
    let messages = connection.all::<MessageRow>(statement).await?;
    extras::complete(connection, messages).await
}

/// Returns the first message of a statement, with all that it shows.
pub(crate) async fn read(
    connection: &mut Connection,
    statement: Statement,
) -> Result<Option<Message>, StoreError> {
    let message = connection.one::<MessageRow>(statement).await?;
    extras::complete_one(connection, message).await
}

#[async_trait]
impl MessageWrites for PostgresUnitOfWork {
    async fn message(&mut self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        read(self.connection(), statements::message(room, message)).await
    }

    async fn edit_message(&mut self, edit: Edit) -> Result<(), StoreError> {
        if let Some(content) = &edit.content {
            self.reindex(edit.room, edit.message, content.as_str()).await?;
            self.execute(statements::keep_content(&edit)).await?;
        }
        self.execute(statements::edit_message(&edit)).await.map(drop)
    }

    async fn replace_mentions(&mut self, message: MessageId, mentions: Mentions) -> Result<(), StoreError> {
        self.execute(statements::mark_mentions(message, &mentions)).await?;
        self.execute(statements::delete_mentions(message)).await?;
        let placed: Vec<_> = mentions::placed(message, &mentions.people).collect();
        match mentions::insertion(&placed) {
            Some(insertion) => self.execute(insertion).await.map(drop),
            None => Ok(()),
        }
    }

    async fn delete_message(&mut self, deletion: Deletion) -> Result<(), StoreError> {
        self.reindex(deletion.room, deletion.message, "").await?;
        self.execute(statements::delete_message(&deletion)).await?;
        self.execute(statements::delete_mentions(deletion.message)).await.map(drop)
    }
}
