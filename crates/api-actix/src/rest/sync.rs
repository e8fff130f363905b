//! `/api/sync`

use actix_web::web::Data as State;

use super::EVENTS;
use crate::http::sync_cursor::SyncCursor;
use crate::http::{ApiError, FromFields, Input, Nothing, SyncLimit};
use crate::json::{SyncAnswer, SyncInfo, Synced};
use crate::routing::{CurrentUser, Endpoint, get};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 1] {
    [get("/api/sync", sync).named("sync", EVENTS, "Get all rooms, or what changed of them").about(
        "Without `since`: all rooms of the caller, latest activity first. With the cursor of an earlier answer: every room \
         whose revision, membership or read mark changed since, as it is now, and the ids of those that the caller is no \
         longer a member of. While `hasMore`, go on with the cursor of the page. Cursors do not expire.",
    )]
}

/// The rooms to list.
#[derive(FromFields)]
struct ListChanged {
    /// The cursor of an earlier answer.
    since: Option<SyncCursor>,
    /// The most rooms to list.
    #[field(default = SyncLimit(100))]
    limit: SyncLimit,
}

async fn sync(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<Nothing, ListChanged>,
) -> Result<SyncAnswer, ApiError> {
    let (user, ListChanged { since, limit }) = (caller.require()?.user.id, input.query);
    let read = &state.use_cases.read_sync;
    let since = match since {
        Some(SyncCursor(text)) => Some(read.open(user, &text).ok_or_else(|| SyncCursor::refusal("since"))?),
        None => None,
    };
    let page = read.execute(user, since, limit.0).await?;
    let cursor = read.seal(user, &page.cursor)?;
    let pagination = SyncInfo::new(limit.0, page.has_more, cursor);
    Ok(SyncAnswer { data: Synced::new(&page), pagination })
}
