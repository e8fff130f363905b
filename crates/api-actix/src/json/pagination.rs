//! `pagination` beside each kind of list.

use domain::PageRequest;
use domain::audit::{AuditEvent, AuditWindow};
use domain::message::{Message, Surroundings, Window};
use domain::room::Revision;
use serde::Serialize;

use crate::http::{audit_cursor, cursor, timeline_cursor};

/// `pagination` of numbered pages.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    page: u64,
    limit: u32,
    total: u64,
    has_more: bool,
}

impl PageInfo {
    pub(crate) fn of<T>(page: &domain::Page<T>, request: PageRequest) -> Self {
        Self { page: request.page, limit: request.limit, total: page.total, has_more: page.has_more(request) }
    }
}

/// `pagination` of lists between cursors.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CursorInfo {
    limit: u32,
    /// True if more items follow in the direction asked for: older ones, unless `after` was sent. Absent for `around`.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_more: Option<bool>,
    /// For `around`: true if there are older messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_more_before: Option<bool>,
    /// For `around`: true if there are newer messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_more_after: Option<bool>,
    /// The cursor of the oldest item of the page: sent as `before`, it gives the next older page.
    #[schema(required = true)]
    before: Option<String>,
    /// The cursor of the newest item of the page: sent as `after`, it gives the next newer page.
    #[schema(required = true)]
    after: Option<String>,
}

impl CursorInfo {
    pub(crate) fn of(limit: u32, window: &Window) -> Self {
        Self { has_more: Some(window.has_more), ..Self::ends(limit, &window.messages) }
    }

    pub(crate) fn around(limit: u32, found: &Surroundings) -> Self {
        let (has_more_before, has_more_after) = (Some(found.more_before), Some(found.more_after));
        Self { has_more_before, has_more_after, ..Self::ends(limit, &found.messages) }
    }

    /// Makes the cursors of the oldest and the newest message.
    fn ends(limit: u32, messages: &[Message]) -> Self {
        let seqs = || messages.iter().map(|message| message.seq);
        let (before, after) = (seqs().min().map(cursor::encode), seqs().max().map(cursor::encode));
        Self { limit, has_more: None, has_more_before: None, has_more_after: None, before, after }
    }

    /// Makes the cursors of messages of several rooms.
    pub(crate) fn of_timeline(limit: u32, window: &Window) -> Self {
        let positions = || window.messages.iter().map(|message| (message.created_at, message.id));
        let cursor = |(at, id)| timeline_cursor::encode(at, id);
        let (before, after) = (positions().min().map(cursor), positions().max().map(cursor));
        let has_more = Some(window.has_more);
        Self { limit, has_more, has_more_before: None, has_more_after: None, before, after }
    }

    pub(crate) fn of_audit(limit: u32, window: &AuditWindow) -> Self {
        let position = |event: &&AuditEvent| (event.created_at, event.id);
        let (oldest, newest) =
            (window.events.iter().min_by_key(position), window.events.iter().max_by_key(position));
        let (before, after) = (oldest.map(audit_cursor::encode), newest.map(audit_cursor::encode));
        let has_more = Some(window.has_more);
        Self { limit, has_more, has_more_before: None, has_more_after: None, before, after }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RevisionInfo {
    limit: u32,
    has_more: bool,
    /// The revision of the last change of the page: sent as `since`, it gives the next page.
    since: i64,
}

impl RevisionInfo {
    pub(crate) fn new(limit: u32, has_more: bool, since: Revision) -> Self {
        Self { limit, has_more, since: since.0 }
    }
}
