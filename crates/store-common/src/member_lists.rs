//! Lists of the members of a room: the statements of a page with its total, which counts no members.

use diesel::sql_types::BigInt;
use domain::membership::Role;
use domain::{PageRequest, RoomId};

use crate::room_lists::{ListDialect, SHALLOW};
use crate::rows::{MemberRow, MemberTypes};
use crate::sql_types::Id;
use crate::statement::{Statement, Typed, sql};

/// A member of a page, and the total.
pub type ListedMember = (MemberRow, i64);
/// The types of the columns of a [`ListedMember`].
pub type ListedMemberTypes = (MemberTypes, BigInt);

/// Selects a page of the members of a room in the order in which they joined, those of one role where asked.
#[must_use]
pub fn members<DB: ListDialect>(
    room: RoomId,
    role: Option<Role>,
    page: PageRequest,
) -> Typed<DB, ListedMemberTypes> {
    let only = match role {
        None => "",
        Some(Role::Admin) => " AND m.role = 0",
        Some(Role::Member) => " AND m.role = 1",
    };
    let (name, total) = (DB::MEMBER_NAME, total::<DB>(role));
    let columns = format!("m.user_id, {name} AS username, m.role, m.joined_at, m.last_read_seq");
    let (of_room, order) = ("m.room_id = ?1 AND m.left_at IS NULL", "ORDER BY m.joined_at, m.user_id");
    let statement = if DB::DIRECT || page.offset() < SHALLOW {
        // The room is looked up once, before the first row.
        format!(
            "SELECT {columns}, (SELECT {total} FROM rooms r WHERE r.id = ?1) AS total
             FROM memberships m WHERE {of_room}{only} AND (SELECT r.deleted_at IS NULL FROM rooms r WHERE r.id = ?1)
             {order} LIMIT ?3 OFFSET ?4"
        )
    } else {
        // The places of a page are in the index; the rest is read for those who are on it, each by itself: a join would compare
        // them with all members.
        let places = DB::page(
            &format!("SELECT m.joined_at, m.user_id FROM memberships m WHERE {of_room}{only} {order}"),
            "few.joined_at, few.user_id",
            "?3",
        );
        format!(
            "SELECT {columns}, {total} AS total
             FROM ({places}) AS p CROSS JOIN LATERAL (SELECT * FROM memberships x
                WHERE x.room_id = ?1 AND x.user_id = p.user_id LIMIT 1) AS m
             JOIN rooms r ON r.id = ?1 AND r.deleted_at IS NULL ORDER BY p.joined_at, p.user_id"
        )
    };
    bind(sql(statement), room, page).typed()
}

/// Counts the members of a room, those of one role where asked.
#[must_use]
pub fn member_count<DB: ListDialect>(room: RoomId, role: Option<Role>) -> Statement<DB> {
    sql(format!("SELECT {} AS n FROM rooms r WHERE r.id = ?1 AND r.deleted_at IS NULL", total::<DB>(role)))
        .bind::<Id, _>(room)
}

/// Returns the number of members of a room `r`. The row has it, and there are few admins to count.
fn total<DB: ListDialect>(role: Option<Role>) -> String {
    let admins = format!(
        "(SELECT count(*) FROM {} WHERE a.room_id = r.id AND a.role = 0 AND a.left_at IS NULL)",
        DB::BY_ROLE
    );
    match role {
        None => "r.member_count".to_owned(),
        Some(Role::Admin) => admins,
        Some(Role::Member) => format!("r.member_count - {admins}"),
    }
}

/// `?3` and `?4` are the limit and offset, as in every page.
fn bind<DB: ListDialect>(statement: Statement<DB>, room: RoomId, page: PageRequest) -> Statement<DB> {
    statement
        .bind::<Id, _>(room)
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(i64::from(page.limit))
        .bind::<BigInt, _>(page.offset())
}
