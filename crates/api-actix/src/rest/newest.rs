//! The newest pages of rooms as they were answered last: whoever comes in asks for one, and most find it as it was. The
//! store is asked each time whether it still stands; so nobody is shown less than what was answered before they asked.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use domain::account::Identity;
use domain::message::{Held, HistoryQuery, Newest, Window};
use domain::{RoomId, SortOrder};
use moka::sync::Cache;

use super::messages::page;
use crate::api::Api;
use crate::error::ApiError;

/// How many bytes of pages are kept, and for how long one that nobody asks for.
const KEPT_BYTES: u64 = 32 * 1024 * 1024;
const KEPT: std::time::Duration = std::time::Duration::from_mins(1);

type Key = (RoomId, u32, SortOrder);

#[derive(Clone)]
struct Page {
    held: Held,
    body: Bytes,
}

/// Pages that were answered. Every member is answered the same.
pub struct NewestPages(Cache<Key, Page>);

impl Default for NewestPages {
    fn default() -> Self {
        let weight = |_: &Key, page: &Page| u32::try_from(page.body.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(weight).max_capacity(KEPT_BYTES).time_to_idle(KEPT).build())
    }
}

/// Answers a query [for the newest](HistoryQuery::is_newest).
pub(super) async fn answer(
    api: &Api,
    caller: Identity,
    room: RoomId,
    query: HistoryQuery,
    mark_read: bool,
) -> Result<HttpResponse, ApiError> {
    let key = (room, query.limit, query.order);
    let kept = api.newest_pages.0.get(&key);
    let held = kept.as_ref().map(|page| page.held);
    let read = api.use_cases.read_history.newest(caller, room, query, mark_read, held).await?;
    let body = match (read, kept) {
        (Some(Newest { revision, window }), _) => {
            let body = Bytes::from(page(query.limit, &window)?);
            if let Some(newest) = window.messages.iter().map(|message| message.seq).max() {
                let held = Held { revision, newest };
                api.newest_pages.0.insert(key, Page { held, body: body.clone() });
            }
            body
        }
        (None, Some(page)) => page.body,
        (None, None) => page(query.limit, &Window::default())?.into(),
    };
    Ok(HttpResponse::Ok().insert_header(ContentType::json()).body(body))
}
