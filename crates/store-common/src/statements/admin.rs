//! Administration.

use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use domain::admin::{AccountSearch, LinkHash, UsagePosition};
use domain::{SessionId, Timestamp, UserId};

use super::StoreBackend;
use super::people::end_of;
use crate::rows::{AccountRecordRow, SessionRow};
use crate::sql_types::{Id, Moment};
use crate::statement::{Statement, sql};

/// Selects the accounts of a search after a key, as [`AccountRecordRow`].
#[must_use]
pub fn accounts<DB: StoreBackend>(search: AccountSearch, after: Option<String>, limit: u32) -> Statement<DB> {
    let key = format!("u.username_key{}", DB::BYTEWISE);
    let select = AccountRecordRow::SELECT;
    match search {
        AccountSearch::Named(start) => {
            // The least character of keys is `-`: so this is the first key that can follow `after`.
            let first = after.map_or_else(|| start.clone(), |after| start.clone().max(after + "-"));
            // The greatest is `z`.
            let end = if start.is_empty() { "{".to_owned() } else { end_of(&start) };
            sql(format!("{select}{key} >= ?1 AND {key} < ?2 ORDER BY {key} LIMIT ?3"))
                .bind::<Text, _>(first)
                .bind::<Text, _>(end)
                .bind::<BigInt, _>(i64::from(limit))
        }
        AccountSearch::Addressed(address) => {
            sql(format!("{select}u.email_key = ?1 AND {key} > ?2 ORDER BY {key} LIMIT ?3"))
                .bind::<Text, _>(address)
                .bind::<Text, _>(after.unwrap_or_default())
                .bind::<BigInt, _>(i64::from(limit))
        }
    }
}

/// Selects the living sessions of a user below an id, as [`SessionRow`].
#[must_use]
pub fn sessions_of<DB: StoreBackend>(
    user: UserId,
    now: Timestamp,
    before: Option<SessionId>,
    limit: u32,
) -> Statement<DB> {
    let condition = "user_id = ?1 AND ended_at IS NULL AND expires_at > ?2";
    let read = match before {
        None => sql(format!("{}{condition} ORDER BY id DESC LIMIT ?3", SessionRow::SELECT))
            .bind::<Id, _>(user)
            .bind::<Moment, _>(now),
        Some(before) => {
            sql(format!("{}{condition} AND id < ?3 ORDER BY id DESC LIMIT ?4", SessionRow::SELECT))
                .bind::<Id, _>(user)
                .bind::<Moment, _>(now)
                .bind::<Id, _>(before)
        }
    };
    read.bind::<BigInt, _>(i64::from(limit))
}

/// Selects the users with files after a place, as [`FileUsageRow`](crate::rows::FileUsageRow).
#[must_use]
pub fn file_usage<DB: StoreBackend>(after: UsagePosition, limit: u32) -> Statement<DB> {
    sql("SELECT f.user_id, f.bytes,
            (SELECT u.username FROM users u WHERE u.id = f.user_id) AS username,
            coalesce((SELECT c.files FROM file_counts c WHERE c.user_id = f.user_id), 0) AS files
         FROM file_usage f WHERE (f.bytes, f.user_id) < (?1, ?2) AND f.bytes > 0
         ORDER BY f.bytes DESC, f.user_id DESC LIMIT ?3")
    .bind::<BigInt, _>(i64::try_from(after.bytes).unwrap_or(i64::MAX))
    .bind::<Id, _>(after.user)
    .bind::<BigInt, _>(i64::from(limit))
}

/// Selects 1 where a server admin is marked.
#[must_use]
pub fn any_server_admin<DB: StoreBackend>() -> Statement<DB> {
    sql("SELECT CAST(1 AS bigint) AS n FROM users WHERE server_admin LIMIT 1")
}

/// Disables an account that is enabled, or enables one that is disabled.
#[must_use]
pub fn set_disabled<DB: StoreBackend>(user: UserId, at: Option<Timestamp>) -> Statement<DB> {
    sql("UPDATE users SET disabled_at = ?2 WHERE id = ?1 AND (disabled_at IS NULL) = ?3")
        .bind::<Id, _>(user)
        .bind::<Nullable<Moment>, _>(at)
        .bind::<Bool, _>(at.is_some())
}

/// Stores the link, in the place of a former one.
#[must_use]
pub fn offer_admin_link<DB: StoreBackend>(hash: LinkHash, expires_at: Timestamp) -> Statement<DB> {
    sql("INSERT INTO admin_links (id, hash, expires_at) VALUES (1, ?1, ?2)
         ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at")
    .bind::<Binary, _>(hash.0.to_vec())
    .bind::<Moment, _>(expires_at)
}

/// Removes the link, if it has that hash and has not lapsed. Of several at once, one removes it.
#[must_use]
pub fn take_admin_link<DB: StoreBackend>(hash: LinkHash, now: Timestamp) -> Statement<DB> {
    sql("DELETE FROM admin_links WHERE id = 1 AND hash = ?1 AND expires_at > ?2")
        .bind::<Binary, _>(hash.0.to_vec())
        .bind::<Moment, _>(now)
}

/// Removes the link.
#[must_use]
pub fn withdraw_admin_link<DB: StoreBackend>() -> Statement<DB> {
    sql("DELETE FROM admin_links WHERE id = 1")
}
