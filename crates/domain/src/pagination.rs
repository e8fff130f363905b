//! Numbered pages. (Cursors belong to messages: see `message::window`.)

/// The page of a list to read: `page` counts from 1, `limit` is 1 to 100. The surface has checked both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// From 1.
    pub page: u64,
    /// 1 to 100.
    pub limit: u32,
}

impl PageRequest {
    /// Returns the number of items before this page, capped at the largest number that a store can skip.
    #[must_use]
    pub fn offset(self) -> i64 {
        let skipped = self.page.saturating_sub(1).saturating_mul(u64::from(self.limit));
        i64::try_from(skipped).unwrap_or(i64::MAX)
    }
}

/// One page of a list, and the length of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// At most `limit` items.
    pub items: Vec<T>,
    /// The number of items on all pages together.
    pub total: u64,
}

impl<T> Page<T> {
    /// Returns whether a page follows this one.
    #[must_use]
    pub fn has_more(&self, request: PageRequest) -> bool {
        request.page.saturating_mul(u64::from(request.limit)) < self.total
    }
}

/// The order of a list.
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
    fn the_offset_counts_the_items_of_earlier_pages() {
        assert_eq!(PageRequest { page: 1, limit: 20 }.offset(), 0);
        assert_eq!(PageRequest { page: 3, limit: 20 }.offset(), 40);
    }

    #[test]
    fn a_page_number_beyond_the_range_is_an_empty_page() {
        let last = PageRequest { page: u64::MAX, limit: 100 };
        assert_eq!(last.offset(), i64::MAX);
        assert!(!page_of(u64::MAX - 1).has_more(last));
    }

    #[test]
    fn has_more_is_true_until_the_last_item_was_returned() {
        let second = PageRequest { page: 2, limit: 10 };
        assert!(page_of(21).has_more(second));
        assert!(!page_of(20).has_more(second));
    }
}
