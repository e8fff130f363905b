//! `page`, `limit`, `sort` and `order` of the dialect's lists.

use domain::file::FileSort;
use domain::room::RoomSort;
use domain::{Invalid, PageRequest, SortOrder};
use serde_json::{Value as Json, json};

use crate::http::{Fields, FromFields, InvalidField, PageNumber, Value};

const MOST: u32 = 100;

/// The page of a list, and its order; `S` are the values to sort by.
#[derive(FromFields)]
pub(super) struct ListQuery<S: Sort> {
    /// The number of the page, from 1.
    #[field(default = PageNumber(1))]
    page: PageNumber,
    /// The most items of a page. A value above 100 counts as 100.
    #[field(default = Limit(20))]
    limit: Limit,
    /// The value to sort by.
    #[field(default = SortBy(S::default()))]
    sort: SortBy<S>,
    /// `desc`: greatest or newest first.
    #[field(default = SortOrder::Descending)]
    order: SortOrder,
}

impl<S: Sort> ListQuery<S> {
    pub(super) fn parts(self) -> (PageRequest, S, SortOrder) {
        (PageRequest { page: self.page.0, limit: self.limit.0 }, self.sort.0, self.order)
    }
}

/// The values that a list can be sorted by; by default, by time.
pub(super) trait Sort: Copy + Default + PartialEq + 'static {
    const NAMES: &'static [(&'static str, Self)];
}

impl Sort for RoomSort {
    const NAMES: &'static [(&'static str, Self)] = &[("createdAt", Self::CreatedAt), ("name", Self::Name)];
}

impl Sort for FileSort {
    const NAMES: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("originalName", Self::Name), ("size", Self::Size)];
}

/// The one order of messages.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct ByTime;

impl Sort for ByTime {
    const NAMES: &'static [(&'static str, Self)] = &[("createdAt", Self)];
}

struct SortBy<S>(S);

impl<S: Sort> Value for SortBy<S> {
    fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField> {
        Ok(fields.one_of(name, S::NAMES)?.map(Self))
    }

    fn schema() -> Json {
        let names: Vec<&str> = S::NAMES.iter().map(|(name, _)| *name).collect();
        json!({"type": "string", "enum": names, "examples": names[..1]})
    }

    fn to_json(&self) -> Json {
        S::NAMES.iter().find(|(_, known)| *known == self.0).map_or(Json::Null, |(name, _)| json!(name))
    }
}

/// The most items of a page: 1 to 100; more counts as 100.
struct Limit(u32);

impl std::str::FromStr for Limit {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // A number beyond 32 bits is above 100 too.
        let limit = if digits { text.parse().unwrap_or(MOST).min(MOST) } else { 0 };
        if limit == 0 {
            return Err(Invalid::new("must be a whole number from 1 on; above 100 it is taken as 100"));
        }
        Ok(Self(limit))
    }
}

impl Value for Limit {
    fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField> {
        fields.optional(name)
    }

    fn schema() -> Json {
        json!({"type": "integer", "minimum": 1, "examples": [20]})
    }

    fn to_json(&self) -> Json {
        json!(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_hundred_is_a_hundred_and_less_than_one_is_invalid() {
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
