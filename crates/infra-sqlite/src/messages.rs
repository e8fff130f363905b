//! Messages.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::account::UserRef;
use domain::invitation::Invitee;
use domain::message::{
    Anchor, Deletion, Edit, Emoji, HistoryQuery, MentionQuery, Mentions, Message, MessageReader,
    MessageWrites, NewestMessages, Version, Window,
};
use domain::room::Revision;
use domain::{MessageId, Page, PageRequest, RoomId, SortOrder, StoreError, Timestamp, UserId};
use store_common::lists::truncate;
use store_common::rows::{
    HeadRow, Incomplete, MessageIdRow, MessageRow, MessageTypes, Row, SentAtRow, UserRow, VersionRow,
    WindowRow, count,
};
use store_common::statements;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::query::{Statement, all, number, one, page as read_page};
use crate::unit_of_work::SqliteUnitOfWork;
use crate::{deadline, extras, words};

#[async_trait]
impl MessageReader for SqliteStore {
    async fn window(&self, room: RoomId, query: HistoryQuery) -> Result<Window, StoreError> {
        self.database.read(move |c| read_window(c, room, &query)).await
    }

    async fn newest(
        &self,
        room: RoomId,
        limit: u32,
        known: Option<Revision>,
    ) -> Result<Option<NewestMessages>, StoreError> {
        if known.is_some() && self.shared.revision(room).await? == known {
            return Ok(None);
        }
        self.database
            .read(move |c| {
                // The revision first: what is committed in between makes the messages newer than it, never older.
                let head = one::<HeadRow>(c, statements::head(room))?;
                let Some(revision) = head.map(|head| head.revision()) else { return Ok(None) };
                let order = SortOrder::Descending;
                let query = HistoryQuery::unfiltered(Anchor::Newest, limit, order);
                let window = read_window(c, room, &query)?;
                Ok((!window.messages.is_empty()).then_some(NewestMessages { revision, window }))
            })
            .await
    }

    async fn message(&self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        self.database.read(move |c| read(c, statements::message(room, message))).await
    }

    async fn versions(&self, message: MessageId, page: PageRequest) -> Result<Page<Version>, StoreError> {
        let (total, listed) = (statements::version_count(message), statements::versions(message, page));
        self.database.read(move |c| crate::query::page::<VersionRow>(c, total, listed)).await
    }

    async fn reaction_users(
        &self,
        room: RoomId,
        message: MessageId,
        emoji: Emoji,
        page: PageRequest,
    ) -> Result<Option<Page<UserRef>>, StoreError> {
        self.database
            .read(move |c| {
                if number(c, statements::living_message(room, message))? == 0 {
                    return Ok(None);
                }
                let total = statements::reaction_count(message, &emoji);
                let users = statements::reaction_users(message, &emoji, page);
                read_page::<UserRow>(c, total, users).map(Some)
            })
            .await
    }

    async fn pins(&self, room: RoomId, page: PageRequest) -> Result<Page<Message>, StoreError> {
        self.database
            .read(move |c| {
                let total = count(number(c, statements::pin_count(room))?)?;
                let messages = read_rows(c, statements::pins(room, page))?;
                Ok(Page { items: extras::complete(c, messages)?, total })
            })
            .await
    }

    async fn mentions(&self, user: UserId, query: MentionQuery) -> Result<Window, StoreError> {
        self.database
            .read(move |c| {
                let mut ids = all::<MessageIdRow>(c, statements::mentions(user, &query))?;
                let has_more = truncate(&mut ids, query.limit);
                let mut messages = Vec::with_capacity(ids.len());
                for id in ids {
                    messages.extend(read(c, statements::message_of_any_room(id))?);
                }
                messages.sort_unstable_by_key(|message| (message.created_at, message.id));
                Ok(Window { messages, has_more })
            })
            .await
    }

    async fn sent_at(&self, message: MessageId, user: UserId) -> Result<Option<Timestamp>, StoreError> {
        self.database.one::<SentAtRow>(statements::sent_at(message, user)).await
    }
}

/// Returns the first message of a statement, with all that it shows.
pub(crate) fn read(c: &mut SqliteConnection, statement: Statement) -> Result<Option<Message>, StoreError> {
    let message = one::<MessageRow>(c, statement)?;
    extras::complete_one(c, message)
}

/// Returns the messages of a statement, whose columns are read by position: a page has too many to look each up by its name.
fn read_rows(c: &mut SqliteConnection, statement: Statement) -> Result<Vec<Incomplete>, StoreError> {
    deadline::check()?;
    let rows: Vec<MessageRow> = statement.typed::<MessageTypes>().load(c).map_err(store_error)?;
    rows.into_iter().map(MessageRow::value).collect()
}

fn read_window(c: &mut SqliteConnection, room: RoomId, query: &HistoryQuery) -> Result<Window, StoreError> {
    deadline::check()?;
    let mut rows: Vec<WindowRow> = statements::window(room, query).load(c).map_err(store_error)?;
    let has_more = truncate(&mut rows, query.limit);
    let (mut senders, mut files) = (HashMap::new(), HashMap::new());
    for row in &rows {
        let sender = row.sender();
        if let Entry::Vacant(place) = senders.entry(sender)
            && let Some(user) = one::<UserRow>(c, statements::user(Invitee::Id(sender)))?
        {
            place.insert(user);
        }
        if let Some(file) = row.shown_file() {
            files.extend(crate::files::find(c, file)?.map(|found| (file, found)));
        }
    }
    let messages = rows.into_iter().map(|row| row.message(room, &senders, &files));
    let mut messages = extras::complete(c, messages.collect::<Result<_, _>>()?)?;
    if !matches!(query.anchor, Anchor::After(_)) {
        messages.reverse();
    }
    Ok(Window { messages, has_more })
}

#[async_trait]
impl MessageWrites for SqliteUnitOfWork {
    async fn message(&mut self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        self.run(move |c| read(c, statements::message(room, message))).await
    }

    async fn edit_message(&mut self, edit: Edit) -> Result<(), StoreError> {
        if let Some(content) = edit.content.clone() {
            self.run(move |c| words::reindex(c, edit.room, edit.message, content.as_str())).await?;
            self.execute(statements::keep_content(&edit)).await?;
        }
        self.execute(statements::edit_message(&edit)).await.map(drop)
    }

    async fn replace_mentions(&mut self, message: MessageId, mentions: Mentions) -> Result<(), StoreError> {
        self.execute(statements::mark_mentions(message, &mentions)).await?;
        self.execute(statements::delete_mentions(message)).await?;
        self.run(move |c| crate::mentions::insert(c, message, &mentions.people)).await
    }

    async fn delete_message(&mut self, deletion: Deletion) -> Result<(), StoreError> {
        self.run(move |c| words::reindex(c, deletion.room, deletion.message, "")).await?;
        self.execute(statements::delete_message(&deletion)).await?;
        self.execute(statements::delete_mentions(deletion.message)).await.map(drop)
    }
}
