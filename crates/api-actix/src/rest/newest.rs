//! The newest pages of rooms as they were answered last: whoever comes in asks for one, and most find it as it was. The
//! store is asked each time whether it still stands; so nobody is shown less than what was answered before they asked.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use domain::RoomId;
use domain::account::Identity;
use domain::message::{HistoryQuery, KnownNewest, NewestMessages, Window};

use super::messages::page;
use crate::http::ApiError;
use crate::state::{AppState, Page};

/// Answers a query [for the newest](HistoryQuery::is_newest).
pub(super) async fn answer(
    api: &AppState,
    caller: Identity,
    room: RoomId,
    query: HistoryQuery,
    mark_read: bool,
) -> Result<HttpResponse, ApiError> {
    let key = (room, query.limit, query.order);
    let kept = api.newest_pages.0.get(&key);
    let known = kept.as_ref().map(|page| page.known);
    let read = api.use_cases.read_history.newest(caller, room, query, mark_read, known).await?;
    let body = match (read, kept) {
        (Some(NewestMessages { revision, window }), _) => {
            let body = Bytes::from(page(query.limit, &window)?);
            if let Some(newest) = window.messages.iter().map(|message| message.seq).max() {
                let known = KnownNewest { revision, newest };
                api.newest_pages.0.insert(key, Page { known, body: body.clone() });
            }
            body
        }
        (None, Some(page)) => page.body,
        (None, None) => page(query.limit, &Window::default())?.into(),
    };
    Ok(HttpResponse::Ok().insert_header(ContentType::json()).body(body))
}
