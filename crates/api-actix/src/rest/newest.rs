//! The newest pages of rooms from a cache: most clients ask for one first, and mostly it has not changed. The store is asked
//! each time whether the cached page is current, so no answer is older than the request.

use actix_web::web::Bytes;
use domain::RoomId;
use domain::account::Identity;
use domain::message::{HistoryQuery, KnownNewest, NewestMessages, Window};

use super::history::window_page;
use crate::http::ApiError;
use crate::json::MessagePage;
use crate::state::{AppState, Page};

/// Answers a query [for the newest](HistoryQuery::is_newest).
pub(super) async fn answer(
    api: &AppState,
    caller: Identity,
    room: RoomId,
    query: HistoryQuery,
    mark_read: bool,
) -> Result<MessagePage, ApiError> {
    let key = (room, query.limit, query.order);
    let kept = api.newest_pages.0.get(&key);
    let known = kept.as_ref().map(|page| page.known);
    let read = api.use_cases.messages.read_history.newest(caller, room, query, mark_read, known).await?;
    let body = match (read, kept) {
        (Some(NewestMessages { revision, window }), _) => {
            let body = Bytes::from(window_page(query.limit, &window)?);
            if let Some(newest) = window.messages.iter().map(|message| message.seq).max() {
                let known = KnownNewest { revision, newest };
                api.newest_pages.0.insert(key, Page { known, body: body.clone() });
            }
            body
        }
        (None, Some(page)) => page.body,
        (None, None) => window_page(query.limit, &Window::default())?.into(),
    };
    Ok(MessagePage(body))
}
