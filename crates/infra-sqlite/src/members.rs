//! Memberships.

use async_trait::async_trait;
use diesel::sqlite::Sqlite;
use diesel::{RunQueryDsl, SqliteConnection};
use domain::account::UserRef;
use domain::membership::{Member, MemberReader, Membership, MembershipWrites, Reader, Role, RoomStanding};
use domain::room::{Revision, Seq};
use domain::{Page, PageRequest, RoomId, StoreError, Timestamp, UserId};
use store_common::member_lists::{ListedMember, member_count, members};
use store_common::rows::{MemberRow, MembershipRow, NamedMembershipRow, ReaderRow, Row, StandingRow, count};
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::deadline;
use crate::errors::store_error;
use crate::query::{number, page as read_page};
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl MemberReader for SqliteStore {
    async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError> {
        self.database.one::<StandingRow>(statements::standing(room, user)).await
    }

    async fn list(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        self.shared.members(room, role, page).await
    }

    async fn readers(
        &self,
        room: RoomId,
        seq: Seq,
        except: UserId,
        page: PageRequest,
    ) -> Result<Page<Reader>, StoreError> {
        let (total, listed) = statements::readers(room, seq, except, page);
        self.database.read(move |c| read_page::<ReaderRow>(c, total, listed)).await
    }

    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError> {
        self.database.one::<MemberRow>(statements::member(room, user)).await
    }
}

pub(crate) fn read_members(
    c: &mut SqliteConnection,
    room: RoomId,
    role: Option<Role>,
    page: PageRequest,
) -> Result<Page<Member>, StoreError> {
    deadline::check()?;
    let rows: Vec<ListedMember> = members::<Sqlite>(room, role, page).load(c).map_err(store_error)?;
    let total = match rows.first() {
        Some((_, total)) => *total,
        None if page.page <= 1 => 0,
        None => number(c, member_count(room, role))?,
    };
    let items = rows.into_iter().map(|(row, _)| row.value()).collect::<Result<_, _>>()?;
    Ok(Page { items, total: count(total)? })
}

#[async_trait]
impl MembershipWrites for SqliteUnitOfWork {
    async fn membership(&mut self, room: RoomId, user: UserId) -> Result<Option<Membership>, StoreError> {
        self.one::<MembershipRow>(statements::membership(room, user)).await
    }

    async fn members_named(&mut self, room: RoomId, names: Vec<String>) -> Result<Vec<UserRef>, StoreError> {
        self.run(move |c| {
            let mut members = vec![];
            for name in names {
                members.extend(crate::mentions::member(c, room, &name)?);
            }
            Ok(members)
        })
        .await
    }

    async fn admin_count(&mut self, room: RoomId) -> Result<i64, StoreError> {
        self.number(statements::admin_count(room)).await
    }

    async fn save_membership(&mut self, membership: Membership) -> Result<(), StoreError> {
        self.execute(statements::save_membership(&membership)).await.map(drop)
    }

    async fn insert_memberships(&mut self, memberships: Vec<Membership>) -> Result<(), StoreError> {
        if memberships.is_empty() {
            return Ok(());
        }
        let row = |row: usize| {
            let places: Vec<_> = (1..=7).map(|place| format!("?{}", row * 7 + place)).collect();
            format!("({}, (SELECT visibility = 1 FROM rooms WHERE id = ?{}))", places.join(", "), row * 7 + 1)
        };
        let rows: Vec<_> = (0..memberships.len()).map(row).collect();
        let (columns, rows) = (MembershipRow::COLUMNS, rows.join(", "));
        let text = format!("INSERT INTO memberships ({columns}, maybe_private) VALUES {rows}");
        let statement = sql(text).of_varying_text();
        self.execute(memberships.iter().fold(statement, statements::bind_membership)).await.map(drop)
    }

    async fn longest_standing(
        &mut self,
        room: RoomId,
        except: UserId,
    ) -> Result<Option<(UserRef, Membership)>, StoreError> {
        self.one::<NamedMembershipRow>(statements::longest_standing(room, except)).await
    }

    async fn end_membership(
        &mut self,
        room: RoomId,
        user: UserId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(statements::end_membership(room, user, revision, at)).await.map(drop)
    }
}
