//! The statements that are the same on both databases, for either backend.

mod accounts;
mod admin;
mod annotations;
mod audit;
mod changes;
mod files;
mod history;
mod idempotency;
mod invitations;
mod members;
mod messages;
mod people;
mod quotas;
mod read_marks;
mod rooms;
mod search;
mod sync;

pub use accounts::*;
pub use admin::*;
pub use annotations::*;
pub use audit::*;
pub use changes::*;
pub use files::*;
pub use history::*;
pub use idempotency::*;
pub use invitations::*;
pub use members::*;
pub use messages::*;
pub use people::*;
pub use quotas::*;
pub use read_marks::*;
pub use rooms::*;
pub use search::*;
pub use sync::*;

use diesel::pg::Pg;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;
use domain::audit::AuditKind;
use domain::membership::Role;
use domain::message::MessageKind;
use domain::room::Visibility;
use domain::{AnswerId, AuditEventId, FileId, MessageId, PageRequest, RoomId, SessionId, Timestamp, UserId};

use crate::sql_types::{Code, Id, Moment};
use crate::statement::{Binds, Statement};

/// A database of which this crate knows the parameters and the dialect.
pub trait StoreBackend:
    Binds<Id, UserId>
    + Binds<Id, SessionId>
    + Binds<Id, RoomId>
    + Binds<Id, MessageId>
    + Binds<Id, FileId>
    + Binds<Id, AnswerId>
    + Binds<Id, AuditEventId>
    + Binds<Nullable<Id>, Option<UserId>>
    + Binds<Nullable<Id>, Option<RoomId>>
    + Binds<Nullable<Id>, Option<MessageId>>
    + Binds<Nullable<Id>, Option<SessionId>>
    + Binds<Moment, Timestamp>
    + Binds<Nullable<Moment>, Option<Timestamp>>
    + Binds<Code, Role>
    + Binds<Code, Visibility>
    + Binds<Code, MessageKind>
    + Binds<Code, AuditKind>
    + Binds<Nullable<Code>, Option<AuditKind>>
    + Binds<Nullable<BigInt>, Option<i64>>
    + Binds<Text, String>
    + Binds<Nullable<Text>, Option<String>>
    + Binds<BigInt, i64>
    + Binds<Bool, bool>
    + Binds<Binary, Vec<u8>>
    + Binds<Nullable<Binary>, Option<Vec<u8>>>
{
    /// The function that returns the greater of two values.
    const GREATEST: &'static str;
    /// The function that returns the lesser of two values.
    const LEAST: &'static str;
    /// The aggregate function that concatenates text.
    const JOIN_TEXT: &'static str;
    /// Holds where the search text of a room is not ASCII.
    const NOT_ASCII: &'static str;
    /// The function that returns the place of a text in another, 0 where it is not there.
    const PLACE_IN_TEXT: &'static str;
    /// The collation that compares text by its bytes.
    const BYTEWISE: &'static str;
    /// The term that makes the next moment of one.
    const NEXT_MOMENT: &'static str;
    /// `true` where a join may have a limit for each row; else rows up to a last one are joined.
    const LATERAL: bool;
    /// The memberships `a`, to count those of a role. The index is named, since SQLite has no statistics that would show it; a view
    /// that checks the time has none, so the table is named too.
    const BY_ROLE: &'static str;
    /// The clause that locks the room `r`, where units of work run concurrently.
    const LOCK_ROOM: &'static str;

    /// Returns the condition that an id is among those of a parameter that [`bind_rooms`](Self::bind_rooms) bound, where the
    /// ids are looked up by an index.
    fn among(parameter: &str) -> String;

    /// Returns the same condition where rows that an index finds otherwise are compared with the ids.
    fn is_one_of(id: &str, parameter: &str) -> String;

    /// Binds rooms as one parameter: a text for every number of them would be prepared again each time.
    fn bind_rooms(statement: Statement<Self>, rooms: &[RoomId]) -> Statement<Self>;
}

impl StoreBackend for Pg {
    const GREATEST: &'static str = "greatest";
    const LEAST: &'static str = "least";
    const JOIN_TEXT: &'static str = "string_agg";
    const NOT_ASCII: &'static str = "octet_length(search_text) <> char_length(search_text)";
    const PLACE_IN_TEXT: &'static str = "strpos";
    const BYTEWISE: &'static str = " COLLATE \"C\"";
    const NEXT_MOMENT: &'static str = " + interval '1 microsecond'";
    const LATERAL: bool = true;
    const BY_ROLE: &'static str = "memberships a";
    const LOCK_ROOM: &'static str = " FOR UPDATE OF r";

    fn among(parameter: &str) -> String {
        format!("= ANY({parameter})")
    }

    /// A set: an array would be searched through for each row, and so would a join, if the planner expects few ids.
    fn is_one_of(id: &str, parameter: &str) -> String {
        format!("({id} IN (SELECT unnest({parameter}))) IS TRUE")
    }

    fn bind_rooms(statement: Statement<Self>, rooms: &[RoomId]) -> Statement<Self> {
        statement.bind::<Array<Id>, _>(rooms.to_vec())
    }
}

impl StoreBackend for Sqlite {
    const GREATEST: &'static str = "max";
    const LEAST: &'static str = "min";
    const JOIN_TEXT: &'static str = "group_concat";
    const NOT_ASCII: &'static str = "length(CAST(search_text AS BLOB)) <> length(search_text)";
    const PLACE_IN_TEXT: &'static str = "instr";
    const BYTEWISE: &'static str = "";
    const NEXT_MOMENT: &'static str = " + 1";
    const LATERAL: bool = false;
    const BY_ROLE: &'static str = "main.memberships a INDEXED BY memberships_by_role";
    const LOCK_ROOM: &'static str = "";

    fn among(parameter: &str) -> String {
        format!(
            "IN (WITH RECURSIVE place (n) AS (SELECT 1 UNION ALL SELECT n + 16 FROM place WHERE n + 16 < length({parameter}))
                SELECT substr({parameter}, n, 16) FROM place)"
        )
    }

    fn is_one_of(id: &str, parameter: &str) -> String {
        format!("{id} {}", Self::among(parameter))
    }

    /// Binds their bytes, one after the other.
    fn bind_rooms(statement: Statement<Self>, rooms: &[RoomId]) -> Statement<Self> {
        statement.bind::<Binary, _>(rooms.iter().flat_map(|room| *room.0.as_bytes()).collect::<Vec<u8>>())
    }
}

/// Binds the limit and the offset of a page.
#[must_use]
pub fn paged<DB: StoreBackend>(statement: Statement<DB>, page: PageRequest) -> Statement<DB> {
    statement.bind::<BigInt, _>(i64::from(page.limit)).bind::<BigInt, _>(page.offset())
}
