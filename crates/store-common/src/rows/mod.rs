//! The rows that queries return: the `SELECT` of each, and the domain value that it stands for. `?1` … are the
//! parameters of a [`Statement`](crate::statement::Statement).

mod accounts;
mod admin;
mod annotations;
mod audit;
mod changes;
mod extras;
mod files;
mod idempotency;
mod invitations;
mod members;
mod messages;
mod rooms;
mod search;
mod sync;
mod window;

pub use accounts::{AccountRow, IdentityRow, ProfileRow, TicketRow, UserRow};
pub use admin::{AccountRecordRow, FileUsageRow, SessionRow};
pub use annotations::{
    AnnotatedRow, MentionRow, MessageIdRow, NamedMemberRow, PinCountRow, ReactionCountRow, ReactionRow,
    ReactionUse, SentAtRow, UseRow,
};
pub use audit::{AuditEventRow, audit_window, detail_code};
pub use changes::{HeadRow, MemberChangeRow, MessageChangeRow};
pub use extras::{ExtraColumns, ExtraTypes, Found, Incomplete, Lookup, NamedRow, RepliesRow};
pub use files::{
    FileColumns, FileIdRow, FileRow, FileStoreRow, KeptFileRow, ReservationRow, SHOWN, file_store_state,
};
pub use idempotency::KeptAnswerRow;
pub use invitations::InvitationRow;
pub use members::{
    MarkRow, MemberRow, MemberTypes, MembershipRow, NamedMembershipRow, ROOM_IS_LIVING, ReaderRow,
    StandingRow, UserIdRow, VisibilityChangeRow,
};
pub use messages::{
    EarlierRow, FormerRow, MessageRow, MessageTypes, SenderRow, TailRow, VersionRow, audit, message_state,
};
pub use rooms::{RoomRow, RoomTypes, RosterRow, UnfoldedRow};
pub use search::{
    DueRow, GapRow, IndexedTextRow, LackingRoomRow, PageRow, PendingRow, PlacedRow, RoomPageRow,
    SearchedRoomRow, SeqRow, TextRow, TopRow, UnindexedEdit, UnindexedEditRow,
};
pub use sync::{InvitedRow, ListedRow, MovedRow, SeatRow, part, summaries};
pub use window::{PackedWindowTypes, WINDOW_COLUMNS, WindowRow, WindowTypes, packed_window_columns};

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use domain::account::{UserRef, Username};
use domain::{StoreError, UserId};

/// A row that a query returns.
pub trait Row: Sized + Send + 'static {
    /// The domain value that it stands for.
    type Value: Send + 'static;

    /// Returns the domain value; [`StoreError::Corrupt`] where the columns contradict each other.
    fn value(self) -> Result<Self::Value, StoreError>;
}

/// A count, in the column `n`.
#[derive(QueryableByName)]
pub struct CountRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl Row for CountRow {
    type Value = i64;

    fn value(self) -> Result<i64, StoreError> {
        Ok(self.n)
    }
}

/// Returns a count that the domain keeps unsigned.
pub fn count(n: i64) -> Result<u64, StoreError> {
    u64::try_from(n).map_err(|_| StoreError::Corrupt(format!("the count {n} is negative")))
}

/// Returns a count that the domain keeps in 32 bits, because a limit of as many bounds it.
pub fn small_count(n: i64) -> Result<u32, StoreError> {
    u32::try_from(n).map_err(|_| StoreError::Corrupt(format!("the count {n} is out of range")))
}

fn user_ref(id: UserId, username: String) -> UserRef {
    UserRef { id, username: Username::stored(username) }
}
