//! Pages of history that were answered.

use actix_web::web::Bytes;
use domain::message::KnownNewest;
use domain::{RoomId, SortOrder};
use moka::sync::Cache;

/// The size of the cache in bytes, and the time after which an unused page is dropped.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;
const KEPT: std::time::Duration = std::time::Duration::from_mins(1);

pub(crate) type Key = (RoomId, u32, SortOrder);

#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) known: KnownNewest,
    pub(crate) body: Bytes,
}

/// Pages that were answered. Every member is answered the same.
pub struct NewestPages(pub(crate) Cache<Key, Page>);

impl Default for NewestPages {
    fn default() -> Self {
        let weight = |_: &Key, page: &Page| u32::try_from(page.body.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(weight).max_capacity(KEPT_BYTES).time_to_idle(KEPT).build())
    }
}
