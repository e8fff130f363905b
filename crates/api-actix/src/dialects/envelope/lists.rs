//! `page`, `limit`, `sort` and `order` of the dialect's lists.

use domain::file::FileSort;
use domain::room::RoomSort;
use domain::{Invalid, PageRequest, SortOrder};

use crate::http::params::ORDERS;
use crate::http::{Fields, Flaw, FromFields};

const MOST: u32 = 100;

/// Which page of a list, and in which order; `S` is by what it can be ordered.
pub(super) struct ListQuery<S> {
    pub page: PageRequest,
    pub sort: S,
    pub order: SortOrder,
}

/// By what a list can be ordered; by default, by time.
pub(super) trait Sort: Copy + Default + 'static {
    const WORDS: &'static [(&'static str, Self)];
}

impl Sort for RoomSort {
    const WORDS: &'static [(&'static str, Self)] = &[("createdAt", Self::CreatedAt), ("name", Self::Name)];
}

impl Sort for FileSort {
    const WORDS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("originalName", Self::Name), ("size", Self::Size)];
}

/// Messages have one order.
#[derive(Clone, Copy, Default)]
pub(super) struct ByTime;

impl Sort for ByTime {
    const WORDS: &'static [(&'static str, Self)] = &[("createdAt", Self)];
}

impl<S: Sort> FromFields for ListQuery<S> {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let page = fields.integer("page", 1, i64::MAX);
        let limit = fields.optional::<Limit>("limit");
        let sort = fields.one_of("sort", S::WORDS);
        let order = fields.one_of("order", ORDERS);
        let page = PageRequest {
            page: page?.unwrap_or(1).unsigned_abs(),
            limit: limit?.map_or(20, |limit| limit.0),
        };
        Ok(Self { page, sort: sort?.unwrap_or_default(), order: order?.unwrap_or_default() })
    }
}

/// How many at most. Who asks for more than there is to have gets what there is.
struct Limit(u32);

impl std::str::FromStr for Limit {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // Beyond 32 bits is more than there is to have, too.
        let limit = if digits { text.parse().unwrap_or(MOST).min(MOST) } else { 0 };
        if limit == 0 {
            return Err(Invalid::new("must be a whole number from 1 on; above 100 it is taken as 100"));
        }
        Ok(Self(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_hundred_is_a_hundred_and_less_than_one_is_nothing() {
        for (text, limit) in
            [("1", 1), ("020", 20), ("100", 100), ("101", 100), ("99999999999999999999999", 100)]
        {
            assert_eq!(text.parse::<Limit>().map(|limit| limit.0), Ok(limit), "{text}");
        }
        for bad in ["", "0", "00", "-1", "+5", "1.5", "1e1", "ten", " 5"] {
            assert!(bad.parse::<Limit>().is_err(), "{bad:?}");
        }
    }
}
