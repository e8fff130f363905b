//! Numbered pages. (Cursors belong to messages: see `message::window`.)

/// Which page of a list: `page` counts from 1, `limit` is 1 to 100. The surface has checked both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// From 1.
    pub page: u64,
    /// 1 to 100.
    pub limit: u32,
}

impl PageRequest {
    /// How many items lie before this page; held at the greatest number a store can skip.
    #[must_use]
    pub fn offset(self) -> i64 {
        let skipped = self.page.saturating_sub(1).saturating_mul(u64::from(self.limit));
        i64::try_from(skipped).unwrap_or(i64::MAX)
    }
}

/// One page of a list, and how long the list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// At most `limit` items.
    pub items: Vec<T>,
    /// How many items all pages hold together.
    pub total: u64,
}

impl<T> Page<T> {
    /// Whether there is a page after this one.
    #[must_use]
    pub fn has_more(&self, request: PageRequest) -> bool {
        request.page.saturating_mul(u64::from(request.limit)) < self.total
    }
}

/// Which end of a list comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SortOrder {
    /// Smallest, or oldest, first.
    Ascending,
    /// Greatest, or newest, first.
    #[default]
    Descending,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(total: u64) -> Page<()> {
        Page { items: vec![], total }
    }

    #[test]
    fn offset_counts_the_pages_before() {
        assert_eq!(PageRequest { page: 1, limit: 20 }.offset(), 0);
        assert_eq!(PageRequest { page: 3, limit: 20 }.offset(), 40);
    }

    #[test]
    fn a_page_beyond_all_numbers_is_merely_empty() {
        let last = PageRequest { page: u64::MAX, limit: 100 };
        assert_eq!(last.offset(), i64::MAX);
        assert!(!page_of(u64::MAX - 1).has_more(last));
    }

    #[test]
    fn has_more_until_the_last_item_was_shown() {
        let second = PageRequest { page: 2, limit: 10 };
        assert!(page_of(21).has_more(second));
        assert!(!page_of(20).has_more(second));
    }
}
