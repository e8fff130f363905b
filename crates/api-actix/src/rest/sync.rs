//! `/api/sync`

use std::time::Duration;

use actix_web::web::Data as State;
use domain::account::Identity;

use super::EVENTS;
use crate::http::sync_cursor::SyncCursor;
use crate::http::{ApiError, FromFields, Input, SyncLimit, Wait};
use crate::json::{SyncAnswer, SyncInfo, Synced};
use crate::routing::{CurrentUser, Endpoint, Expiry, SealedCursors, get};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 1] {
    [get("/api/sync", wait)
        .head(read)
        .named("sync", EVENTS, "Get all rooms, or what changed of them")
        .about(
            "Without `since`: all rooms of the caller, latest activity first. With the cursor of an earlier answer: every \
             room whose revision, membership or read mark changed since, as it is now, and the ids of those that the caller \
             is no longer a member of. While `hasMore`, go on with the cursor of the page. Cursors do not expire. With \
             `wait`, an answer without changes waits for the first one; it counts as a connection meanwhile.",
        )]
}

/// The rooms to list.
#[derive(FromFields)]
struct ListChanged {
    /// List the rooms that changed since then; without it, every room.
    since: Option<SyncCursor>,
    /// The seconds to wait where nothing has changed; without `since` there is no wait.
    #[field(default = Wait(0))]
    wait: Wait,
    /// The most rooms to list.
    #[field(default = SyncLimit(100))]
    limit: SyncLimit,
}

async fn wait(
    state: State<AppState>,
    caller: CurrentUser,
    expiry: Expiry,
    _: SealedCursors,
    input: Input<(), ListChanged>,
) -> Result<SyncAnswer, ApiError> {
    answer(&state, caller.require()?, Some(expiry), input.query).await
}

/// Answers HEAD: without a wait.
async fn read(
    state: State<AppState>,
    caller: CurrentUser,
    _: SealedCursors,
    input: Input<(), ListChanged>,
) -> Result<SyncAnswer, ApiError> {
    answer(&state, caller.require()?, None, input.query).await
}

async fn answer(
    state: &AppState,
    caller: Identity,
    waiting: Option<Expiry>,
    query: ListChanged,
) -> Result<SyncAnswer, ApiError> {
    let ListChanged { since, wait, limit } = query;
    let (user, read) = (caller.user.id, &state.use_cases.read_sync);
    let page = match (since.map(|since| since.0), waiting) {
        (Some(since), Some(Expiry(expires_at))) => {
            let wait = Duration::from_secs(wait.0.into());
            state.sessions.wait_for_changes(caller, expires_at, since, limit.0, wait).await?
        }
        (since, _) => read.execute(user, since, limit.0).await?,
    };
    let cursor = read.seal(user, &page.cursor)?;
    let pagination = SyncInfo::new(limit.0, page.has_more, cursor);
    Ok(SyncAnswer { data: Synced::new(&page), pagination })
}
