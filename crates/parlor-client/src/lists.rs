//! Lists in numbered pages, and walks through them.

use std::fmt;
use std::marker::PhantomData;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::answer;
use crate::{Client, Error, Member, Role, Room, Visibility};

/// A list that the server answers in numbered pages: rooms, members, files, invitations.
///
/// Pages are computed when they are asked for. Where the list changes during a walk, an item may be missed or come twice.
#[must_use = "nothing is asked before `page`, `pages` or `items`"]
pub struct List<T> {
    client: Client,
    path: String,
    query: Query,
    items: PhantomData<fn() -> T>,
}

/// One page of a list.
#[derive(Debug, Clone, Deserialize)]
pub struct Page<T> {
    /// The items.
    #[serde(rename = "data")]
    pub items: Vec<T>,
    /// The place of the page in the list.
    pub pagination: PageInfo,
}

/// The place of a page in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    /// The number of the page, from 1.
    pub page: u64,
    /// The number of items of a full page.
    pub limit: u64,
    /// The number of items of the whole list.
    pub total: u64,
    /// True where a page follows.
    pub has_more: bool,
}

impl<T: DeserializeOwned + Send + 'static> List<T> {
    pub(crate) fn new(client: &Client, path: String) -> Self {
        Self { client: client.clone(), path, query: Query::default(), items: PhantomData }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.query.set(name, value);
        self
    }

    /// Sets the number of items of a page: 1 to 100, 20 by default.
    pub fn limit(mut self, limit: u32) -> Self {
        self.query.set("limit", &limit.to_string());
        self
    }

    /// Returns the page of that number, from 1. One beyond the end is empty.
    ///
    /// # Errors
    /// Refused with `VALIDATION_FAILED` where a parameter is out of range; otherwise as the list's resource is.
    pub async fn page(&self, number: u64) -> Result<Page<T>, Error> {
        let mut query = self.query.clone();
        query.set("page", &number.to_string());
        answer(self.client.get(&query.after(&self.path))).await
    }

    /// Walks through every page.
    #[must_use]
    pub fn pages(self) -> BoxStream<'static, Result<Page<T>, Error>> {
        stream::try_unfold((self, Some(1)), |(list, number)| async move {
            let Some(number) = number else { return Ok(None) };
            let page = list.page(number).await?;
            let next = page.pagination.has_more.then_some(number + 1);
            Ok(Some((page, (list, next))))
        })
        .boxed()
    }

    /// Walks through every item.
    #[must_use]
    pub fn items(self) -> BoxStream<'static, Result<T, Error>> {
        self.pages().map_ok(|page| stream::iter(page.items.into_iter().map(Ok))).try_flatten().boxed()
    }
}

/// The key by which rooms are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomSort {
    /// The time of creation.
    CreatedAt,
    /// The name.
    Name,
    /// The number of members.
    MemberCount,
    /// The time of the newest message; rooms without messages come last.
    LastMessageAt,
}

/// The direction of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest or oldest first.
    Ascending,
    /// Largest or newest first.
    Descending,
}

impl Order {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}

impl List<Room> {
    /// Keeps the rooms whose name or description contains the text, in any case.
    pub fn search(mut self, text: &str) -> Self {
        self.query.set("search", text);
        self
    }

    /// Keeps the rooms of that visibility.
    pub fn visibility(mut self, visibility: Visibility) -> Self {
        let name = match visibility {
            Visibility::Public => "public",
            Visibility::Private => "private",
        };
        self.query.set("visibility", name);
        self
    }

    /// Keeps the rooms that the caller is a member of.
    pub fn joined(mut self) -> Self {
        self.query.set("joined", "true");
        self
    }

    /// Sorts the rooms; by default the latest created comes first.
    pub fn sort(mut self, by: RoomSort, order: Order) -> Self {
        let name = match by {
            RoomSort::CreatedAt => "createdAt",
            RoomSort::Name => "name",
            RoomSort::MemberCount => "memberCount",
            RoomSort::LastMessageAt => "lastMessageAt",
        };
        self.query.set("sort", name);
        self.query.set("order", order.name());
        self
    }
}

impl List<Member> {
    /// Keeps the members of that role.
    pub fn role(mut self, role: Role) -> Self {
        let name = match role {
            Role::Admin => "admin",
            Role::Member => "member",
        };
        self.query.set("role", name);
        self
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("path", &self.path).field("query", &self.query).finish_non_exhaustive()
    }
}

/// The parameters of a request, each at most once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(Vec<(&'static str, String)>);

impl Query {
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value.to_owned()));
    }

    /// Returns the path with the parameters behind it.
    pub(crate) fn after(&self, path: &str) -> String {
        let mut text = path.to_owned();
        for (n, (name, value)) in self.0.iter().enumerate() {
            text.push(if n == 0 { '?' } else { '&' });
            text.push_str(name);
            text.push('=');
            text.extend(value.bytes().map(encoded));
        }
        text
    }
}

/// One byte of a value, percent-encoded where a query or a part of a path may not hold it.
pub(crate) fn encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_encoded_and_the_last_value_counts() {
        let mut query = Query::default();
        assert_eq!(query.after("/api/rooms"), "/api/rooms");
        query.set("search", "x");
        query.set("limit", "5");
        query.set("search", "100% é&");
        assert_eq!(query.after("/api/rooms"), "/api/rooms?limit=5&search=100%25%20%C3%A9%26");
    }
}
