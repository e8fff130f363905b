//! The page of a list for several callers at once, on PostgreSQL: the page of public rooms is the same for all who have no rooms of
//! their own to list.

use diesel::pg::Pg;
use diesel::sql_types::{Array, BigInt, Nullable};
use domain::UserId;
use domain::room::{RoomQuery, Visibility};

use super::own::Own;
use super::{Reach, RoomList};
use crate::rows::{RoomRow, RoomTypes};
use crate::sql_types::Id;
use crate::statement::{Statement, Typed, sql};

/// A room of a page as one of the callers sees it, the total, what the page lacks, the place of the caller from 1, which is absent
/// where none of them is in the room, and the places of those who have rooms of their own.
pub type SharedListed = (RoomRow, i64, i64, Option<i64>, Vec<i64>);
/// The types of the columns of a [`SharedListed`].
pub type SharedTypes = (RoomTypes, BigInt, BigInt, Nullable<BigInt>, Array<BigInt>);

/// The callers, in the parameter of the page.
const CALLERS: &str = "unnest(?8) WITH ORDINALITY AS asked (user_id, place)";

/// Returns whether callers who have no private rooms share the pages of a list: not where it depends on the rooms that they joined.
#[must_use]
pub fn is_shared(query: &RoomQuery) -> bool {
    query.joined.is_none() && query.visibility != Some(Visibility::Private)
}

impl RoomList {
    /// Returns the statement of the page for several callers: each of its rooms once for each of them who is in it, else once.
    #[must_use]
    pub fn shared_page(&self, reach: Reach, callers: &[UserId]) -> Typed<Pg, SharedTypes> {
        let (total, lacks) = (self.total(reach), self.lacks(reach));
        // `LIMIT 1` as in lists of one caller.
        let statement: Statement<Pg> = sql(format!(
            "WITH owners AS ({}), {} SELECT {}, {total} AS total, {lacks} AS lacks, m.place,
                (SELECT coalesce(array_agg(place), '{{}}') FROM owners) AS owners
            FROM page r LEFT JOIN LATERAL (SELECT asked.place, seat.* FROM {CALLERS}
                CROSS JOIN LATERAL (SELECT * FROM memberships x WHERE x.room_id = r.id AND x.user_id = asked.user_id
                    AND x.left_at IS NULL LIMIT 1) AS seat) AS m ON true
            ORDER BY {}",
            owners(CALLERS),
            self.tables::<Pg>(reach),
            RoomRow::LISTED_UNNAMED,
            self.sorted("r", self.column()),
        ));
        self.bind(statement).bind::<Array<Id>, _>(callers.to_vec()).typed()
    }
}

/// Selects the places, as `n`, of those callers who have private rooms.
#[must_use]
pub fn callers_with_private_rooms(callers: &[UserId]) -> Statement<Pg> {
    let owners = owners(&CALLERS.replace("?8", "?1"));
    sql(format!("SELECT place AS n FROM ({owners}) AS owners")).bind::<Array<Id>, _>(callers.to_vec())
}

fn owners(callers: &str) -> String {
    format!(
        "SELECT asked.place FROM {callers} CROSS JOIN LATERAL (SELECT 1 FROM {} LIMIT 1) AS one",
        Own::Private.source("asked.user_id")
    )
}
