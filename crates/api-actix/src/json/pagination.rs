//! `pagination` beside each kind of list.

use domain::PageRequest;
use domain::message::Window;
use domain::room::Revision;
use serde::Serialize;

use crate::http::cursor;

/// `pagination` beside a page.
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

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CursorInfo {
    limit: u32,
    has_more: bool,
    #[schema(required = true)]
    before: Option<String>,
    #[schema(required = true)]
    after: Option<String>,
}

impl CursorInfo {
    pub(crate) fn of(limit: u32, window: &Window) -> Self {
        let seqs = || window.messages.iter().map(|message| message.seq);
        let (before, after) = (seqs().min().map(cursor::encode), seqs().max().map(cursor::encode));
        Self { limit, has_more: window.has_more, before, after }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StretchInfo {
    limit: u32,
    has_more: bool,
    since: i64,
}

impl StretchInfo {
    pub(crate) fn new(limit: u32, has_more: bool, since: Revision) -> Self {
        Self { limit, has_more, since: since.0 }
    }
}
