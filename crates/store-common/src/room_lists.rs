//! Lists of rooms: the statements of a page with its total, which read no more rooms than a page needs.
//!
//! The caller's memberships that may be needed are read once, in `mine`. Public rooms come from the index of their order, and
//! their number from `room_counts`. A page is looked for in several ways ([`Reach`]), the cheapest first.

mod active;
mod dialect;
mod own;
mod patterns;
mod reach;
mod shared;

use diesel::sql_types::{BigInt, Nullable, Text};
use domain::room::{RoomQuery, RoomSort, Visibility};
use domain::{PageRequest, SortOrder, UserId};

pub use active::{Active, noted};
pub use dialect::ListDialect;
use own::Own;
use patterns::{containing, ending, grams};
pub use reach::{COMPLETE, Reach, Step};
use reach::{FEW, MANY};
pub use shared::{SharedListed, SharedTypes, callers_with_private_rooms, is_shared};

use crate::lists::direction;
use crate::rows::{RoomRow, RoomTypes};
use crate::sql_types::Id;
use crate::statement::{Statement, Typed, sql};

/// The columns of rooms that a page carries.
const CARRIED: &str = "r.id, r.name, r.name_key, r.description, r.metadata, r.visibility, r.slug, r.is_group, r.direct_key, r.created_by,
    r.created_at, r.updated_at, r.member_count, r.last_seq, r.last_message_at, r.revision, r.changed_revision";
/// The text of a room `r` that searches look through: folded, or in lower case where the former release wrote it.
const SEARCHED_TEXT: &str =
    "CASE WHEN r.folded_revision = r.changed_revision THEN r.folded_text ELSE r.search_text END";
/// Holds for rooms `r` that the caller is not in.
const NOT_JOINED: &str = "r.id NOT IN (SELECT id FROM mine)";
const PUBLIC: &str = "r.deleted_at IS NULL AND r.visibility = 0";
/// The end of the pages that are read as they are; deeper ones skip ids.
pub const SHALLOW: i64 = 128;
/// The most matches that are sorted.
pub const SORTED: i64 = 1_000;
/// A search expects a match among so many of the first rooms.
const SPREAD: i64 = 10;
/// The most rooms that are looked through before the index of text.
const WALKED: i64 = 16_384;

/// A room of a page, the total, and what the page lacks, for [`RoomList::step`].
pub type Listed = (RoomRow, i64, i64);
/// The types of the columns of a [`Listed`].
pub type ListedTypes = (RoomTypes, BigInt, BigInt);

/// A list of rooms as one caller asked for it.
pub struct RoomList {
    caller: Option<UserId>,
    search: Option<String>,
    page: PageRequest,
    /// The condition that public rooms satisfy beside the search; `None` where the list has none.
    public: Option<&'static str>,
    /// The condition that the caller's own rooms satisfy; `None` where the list has none.
    mine: Option<&'static str>,
    own: Own,
    sort: RoomSort,
    order: SortOrder,
}

impl RoomList {
    /// Returns the list that the query asks for.
    #[must_use]
    pub fn new(query: &RoomQuery, page: PageRequest, caller: Option<UserId>) -> Self {
        let (public, mine) = match (query.joined, query.visibility) {
            (Some(true), None) => (None, Some("true")),
            (Some(true), Some(Visibility::Public)) => (None, Some("visibility = 0")),
            (Some(true) | None, Some(Visibility::Private)) => (None, Some("visibility = 1")),
            (Some(false), Some(Visibility::Private)) => (None, None),
            (Some(false), _) => (Some(NOT_JOINED), None),
            (None, Some(Visibility::Public)) => (Some("true"), None),
            (None, None) => (Some("true"), Some("visibility = 1")),
        };
        Self {
            caller,
            search: query.folded_search(),
            page,
            public,
            mine: mine.filter(|_| caller.is_some()),
            own: Own::of(query),
            sort: query.sort,
            order: query.order,
        }
    }

    /// Returns the statement of the page.
    #[must_use]
    pub fn page<DB: ListDialect>(&self, reach: Reach) -> Typed<DB, ListedTypes> {
        let (columns, creators) = DB::LISTED;
        let (total, lacks) = (self.total(reach), self.lacks(reach));
        let order = self.sorted("r", self.column());
        let (tables, rooms, rest) = if reach == Reach::Public && DB::DIRECT {
            let only = self.public.unwrap_or("false");
            let limit = self.limit(reach);
            let rest = format!("WHERE {PUBLIC} AND {only} ORDER BY {order} LIMIT {limit} OFFSET ?4");
            (self.mine(), "rooms r", rest)
        } else {
            (self.tables::<DB>(reach), "page r", format!("ORDER BY {order}"))
        };
        let statement = sql(format!(
            "WITH {tables} SELECT {columns}, {total} AS total, {lacks} AS lacks FROM {rooms} {creators} {} {rest}",
            DB::MEMBERSHIP
        ));
        self.bind(statement).typed()
    }

    /// Returns the statement that counts the rooms of the list that were found in that way, as `n`.
    #[must_use]
    pub fn count<DB: ListDialect>(&self, reach: Reach) -> Statement<DB> {
        self.bind(sql(format!("WITH {} SELECT {} AS n", self.tables::<DB>(reach), self.total(reach))))
    }

    /// `?1` is the caller, `?2` the pattern, `?3` and `?4` the limit and offset of the page, `?5` the end of the page and one room
    /// beyond it, `?6` sequences of characters of the search text, `?7` the pattern of its ending.
    fn bind<DB: ListDialect>(&self, statement: Statement<DB>) -> Statement<DB> {
        let search = self.search.as_deref();
        statement
            .bind::<Nullable<Id>, _>(self.caller)
            .bind::<Nullable<Text>, _>(search.map(containing))
            .bind::<BigInt, _>(i64::from(self.page.limit))
            .bind::<BigInt, _>(self.page.offset())
            .bind::<BigInt, _>(self.end().saturating_add(1))
            .bind::<Nullable<Text>, _>(search.map(grams))
            .bind::<Nullable<Text>, _>(search.map(ending).map(containing))
    }

    fn end(&self) -> i64 {
        self.page.offset().saturating_add(i64::from(self.page.limit))
    }

    fn column(&self) -> &'static str {
        match self.sort {
            RoomSort::CreatedAt => "created_at",
            RoomSort::Name => "name_key",
            RoomSort::MemberCount => "member_count",
            RoomSort::LastMessageAt => "last_message_at",
        }
    }

    /// Returns the order of a table by that column.
    fn sorted(&self, table: &str, column: &str) -> String {
        let direction = direction(self.order);
        let nulls = if self.sort == RoomSort::LastMessageAt { " NULLS LAST" } else { "" };
        format!("{table}.{column} {direction}{nulls}, {table}.id {direction}")
    }

    /// Returns the table of the caller's rooms.
    fn mine(&self) -> String {
        let text = if self.search.is_some() { format!(", {SEARCHED_TEXT} AS text") } else { String::new() };
        format!(
            "mine AS (SELECT r.id, r.visibility, r.{} AS place{text} FROM {})",
            self.column(),
            self.own.source("?1")
        )
    }

    /// Returns the tables of a statement: `mine`, `matched` for searches, `found` where ids are sorted, and `page`.
    fn tables<DB: ListDialect>(&self, reach: Reach) -> String {
        let (mine, only) = (self.mine(), self.public.unwrap_or("false"));
        if reach == Reach::Public {
            let order = self.sorted("r", self.column());
            let rows = format!("SELECT {CARRIED} FROM rooms r WHERE {PUBLIC} AND {only} ORDER BY {order}");
            let page = DB::page(&rows, &self.sorted("few", self.column()), self.limit(reach));
            return format!("{mine}, page AS ({page})");
        }
        let (matched, public) = match (reach, self.public) {
            (Reach::Public | Reach::Merged, _) => (String::new(), self.firsts::<DB>()),
            (_, None) => (String::new(), vec![]),
            (_, Some(only)) => {
                let matched = format!(", matched AS ({})", self.matches::<DB>(reach, only));
                (matched, vec!["SELECT id, place FROM matched".to_owned()])
            }
        };
        let ids = DB::page(
            &format!("SELECT id, place FROM found ORDER BY {}", self.sorted("found", "place")),
            &self.sorted("few", "place"),
            self.limit(reach),
        );
        format!(
            "{mine}{matched}, found AS ({}), page AS (SELECT {CARRIED} FROM ({ids}) AS p JOIN rooms r ON r.id = p.id)",
            self.sources::<DB>(public)
        )
    }

    /// Returns the limit of a page. No public room is read for callers who have others to list among them: another statement does.
    fn limit(&self, reach: Reach) -> &'static str {
        if reach == Reach::Public && self.mine.is_some() {
            "(SELECT CASE WHEN EXISTS (SELECT 1 FROM mine) THEN 0 ELSE ?3 END)"
        } else {
            "?3"
        }
    }

    /// Returns all rooms of the list, as `id` and `place`.
    fn sources<DB: ListDialect>(&self, public: Vec<String>) -> String {
        let search =
            self.search.as_ref().map(|_| format!(" AND text LIKE ?2{}", DB::ESCAPE)).unwrap_or_default();
        let mine = self.mine.map(|only| format!("SELECT id, place FROM mine WHERE {only}{search}"));
        let mut parts: Vec<String> =
            public.into_iter().map(|part| format!("SELECT * FROM ({part}) AS part")).chain(mine).collect();
        if parts.is_empty() {
            parts.push("SELECT id, place FROM mine LIMIT 0".to_owned());
        }
        parts.join(" UNION ALL ")
    }

    /// Returns the first public rooms in their order, in several parts where nulls come last.
    fn firsts<DB: ListDialect>(&self) -> Vec<String> {
        let Some(only) = self.public else { return vec![] };
        let (column, direction) = (self.column(), direction(self.order));
        let limit = if self.end() < SHALLOW { DB::SHALLOW } else { "?5" };
        if self.sort != RoomSort::LastMessageAt {
            return vec![format!(
                "SELECT r.id, r.{column} AS place FROM rooms r WHERE {PUBLIC} AND {only}
                 ORDER BY r.{column} {direction}, r.id {direction} LIMIT {limit}"
            )];
        }
        let part = |active: &str| {
            format!(
                "SELECT r.id, r.last_message_at AS place FROM {} AS r WHERE r.last_message_at {active} AND {only}
                 ORDER BY r.last_message_at {direction}, r.id {direction} LIMIT {limit}",
                DB::ACTIVITY
            )
        };
        let active =
            Active { firsts: &part("IS NOT NULL"), only, order: self.order, limit, skipped: self.skipped() };
        vec![DB::active(&active), part("IS NULL")]
    }

    /// Returns the number of public rooms that are before the page whatever the caller's own are; `None` where the page is shallow.
    fn skipped(&self) -> Option<String> {
        let own = self.mine.map(|only| format!(" - (SELECT count(*) FROM mine WHERE {only})"));
        (self.end() >= SHALLOW).then(|| format!("greatest(?4{}, 0)", own.unwrap_or_default()))
    }

    /// Returns the public rooms that match, as `id` and `place`.
    fn matches<DB: ListDialect>(&self, reach: Reach, only: &str) -> String {
        let (column, order) = (self.column(), self.sorted("r", self.column()));
        match reach {
            Reach::FirstMatches | Reach::MoreMatches => format!(
                "SELECT walked.id, walked.place FROM (SELECT r.id, r.{column} AS place, {SEARCHED_TEXT} AS text FROM rooms r
                    WHERE {PUBLIC} AND {only} ORDER BY {order} LIMIT {}) AS walked
                 WHERE walked.text LIKE ?2{} ORDER BY {} LIMIT {}",
                self.walked(reach),
                DB::ESCAPE,
                self.sorted("walked", "place"),
                self.found_among_first(reach)
            ),
            Reach::AllMatches => format!(
                "SELECT r.id, r.{column} AS place {} AND {PUBLIC} AND {only} LIMIT {}",
                DB::matches(),
                SORTED + 1
            ),
            // The term is none that has an index.
            Reach::NextMatches | Reach::Public | Reach::Merged => format!(
                "SELECT r.id, r.{column} AS place FROM rooms r WHERE {PUBLIC} AND {only}
                    AND ({SEARCHED_TEXT}) || '' LIKE ?2{} ORDER BY {order} LIMIT ?5",
                DB::ESCAPE
            ),
        }
    }

    /// Returns the number of rooms among which the first matches are looked for: one of few numbers, since each makes a
    /// statement.
    fn walked(&self, reach: Reach) -> i64 {
        let wanted = self.end().saturating_add(1).saturating_mul(SPREAD);
        let first = [512, 2_048, 8_192].into_iter().find(|&rooms| wanted <= rooms);
        first.filter(|_| reach == Reach::FirstMatches).unwrap_or(WALKED)
    }

    /// Returns the number of matches among the first rooms after which no more are looked for. All are counted where there are no
    /// other rooms.
    fn found_among_first(&self, reach: Reach) -> String {
        let walked = self.walked(reach);
        format!("(SELECT CASE WHEN {PUBLIC_ROOMS} <= {walked} THEN {walked} ELSE ?5 END)")
    }

    fn total(&self, reach: Reach) -> String {
        if !matches!(reach, Reach::Public | Reach::Merged) {
            return "(SELECT count(*) FROM found)".to_owned();
        }
        // A list without the caller's rooms leaves out the public ones that they joined.
        let joined = self.public.filter(|&only| only == NOT_JOINED);
        let joined =
            joined.map(|_| " - (SELECT count(*) FROM mine WHERE visibility = 0)").unwrap_or_default();
        let public = self.public.map(|_| format!("{PUBLIC_ROOMS}{joined}"));
        let mine = self.mine.filter(|_| reach == Reach::Merged);
        let mine = mine.map(|only| format!("(SELECT count(*) FROM mine WHERE {only})"));
        let parts: Vec<String> = public.into_iter().chain(mine).collect();
        if parts.is_empty() { "CAST(0 AS bigint)".to_owned() } else { parts.join(" + ") }
    }

    /// Returns what the page lacks. Among the first rooms, it is complete where more matches than it has were found, or all rooms
    /// were looked at; else the matches so far tell how many there may be.
    fn lacks(&self, reach: Reach) -> String {
        let lacks = match reach {
            Reach::FirstMatches | Reach::MoreMatches => {
                let walked = self.walked(reach);
                format!(
                    "(SELECT CASE WHEN few >= ?5 OR rooms <= {walked} THEN {COMPLETE}
                        WHEN few * rooms > {SORTED} * {walked} THEN {MANY} ELSE {FEW} END
                    FROM (SELECT (SELECT count(*) FROM matched) AS few, {PUBLIC_ROOMS} AS rooms) AS counts)"
                )
            }
            _ => COMPLETE.to_string(),
        };
        format!("CAST({lacks} AS bigint)")
    }
}

const PUBLIC_ROOMS: &str = "(SELECT CAST(sum(public_rooms) AS bigint) FROM room_counts)";
