//! A room's audit log, read by cursors.

use std::fmt;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::client::answer;
use crate::lists::Query;
use crate::{AuditEventId, Client, Cursors, Error, MessageId, Role, UserRef};

/// Something that was done in a room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// The event's id.
    pub id: AuditEventId,
    /// The kind of act, such as `role-changed`. Later servers have more names.
    pub event: String,
    /// The user who did it; `None` for an operator at the command line.
    pub actor: Option<UserRef>,
    /// The user to whom it was done, if any.
    pub target: Option<UserRef>,
    /// The message that was deleted, if one was.
    pub message_id: Option<MessageId>,
    /// The address of the actor's client; `None` at the command line.
    pub address: Option<String>,
    /// The details of some kinds of events.
    #[serde(default)]
    pub details: AuditDetails,
    /// The time, which rises strictly within a room.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// The details of some kinds of audit events; of the others they are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditDetails {
    /// The new role, of `role-changed`.
    pub role: Option<Role>,
    /// The names of the changed fields, of `room-updated`.
    pub fields: Vec<String>,
    /// True where a server admin who is no admin of the room deleted it, of `room-deleted`.
    pub by_server_admin: bool,
}

/// The audit log of a room; for its admins. A walk shows every event once, whatever is done meanwhile.
///
/// Without [`after`](Self::after) it goes from the newest event, or from [`before`](Self::before), to older ones.
#[must_use = "nothing is asked before `page`, `pages` or `items`"]
pub struct AuditLog {
    client: Client,
    path: String,
    query: Query,
    newer: bool,
}

/// One page of an audit log.
#[derive(Debug, Clone, Deserialize)]
pub struct AuditPage {
    /// The events, in the order of the walk.
    #[serde(rename = "data")]
    pub events: Vec<AuditEvent>,
    /// The way on from here.
    pub pagination: Cursors,
}

impl AuditLog {
    pub(crate) fn new(client: &Client, path: String) -> Self {
        Self { client: client.clone(), path, query: Query::default(), newer: false }
    }

    /// Sets the number of events of a page: 1 to 100, 50 by default.
    pub fn limit(mut self, limit: u32) -> Self {
        self.query.set("limit", &limit.to_string());
        self
    }

    /// Walks to older events from a cursor of an earlier page or an RFC 3339 time, newest first.
    pub fn before(self, cursor: &str) -> Self {
        self.walk("before", cursor, "desc", false)
    }

    /// Walks to newer events from a cursor of an earlier page or an RFC 3339 time, oldest first.
    pub fn after(self, cursor: &str) -> Self {
        self.walk("after", cursor, "asc", true)
    }

    fn walk(mut self, name: &'static str, cursor: &str, order: &str, newer: bool) -> Self {
        self.query.set(name, cursor);
        self.query.set("order", order);
        self.newer = newer;
        self
    }

    /// Returns the next page of the walk.
    ///
    /// # Errors
    /// Refused with `ROOM_NOT_FOUND`, `NOT_A_MEMBER`, `ADMIN_REQUIRED`, `INVALID_CURSOR` or `VALIDATION_FAILED`.
    pub async fn page(&self) -> Result<AuditPage, Error> {
        answer(self.client.get(&self.query.after(&self.path))).await
    }

    /// Walks through every page.
    #[must_use]
    pub fn pages(self) -> BoxStream<'static, Result<AuditPage, Error>> {
        stream::try_unfold(Some(self), |log| async move {
            let Some(log) = log else { return Ok(None) };
            let page = log.page().await?;
            let cursor = if log.newer { &page.pagination.after } else { &page.pagination.before };
            let next = match cursor.clone().filter(|_| page.pagination.has_more) {
                Some(cursor) if log.newer => Some(log.after(&cursor)),
                Some(cursor) => Some(log.before(&cursor)),
                None => None,
            };
            Ok(Some((page, next)))
        })
        .boxed()
    }

    /// Walks through every event.
    #[must_use]
    pub fn items(self) -> BoxStream<'static, Result<AuditEvent, Error>> {
        self.pages().map_ok(|page| stream::iter(page.events.into_iter().map(Ok))).try_flatten().boxed()
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog")
            .field("path", &self.path)
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}
