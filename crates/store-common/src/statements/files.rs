//! Records of files.

use diesel::sql_types::{BigInt, Binary, Bool, Text};
use domain::file::{File, FileQuery, Reservation};
use domain::{FileId, PageRequest, Timestamp, UserId};

use super::{StoreBackend, paged};
use crate::lists::file_order;
use crate::rows::{FileRow, SHOWN};
use crate::sql_types::{Id, Moment};
use crate::statement::{Statement, sql};

/// Selects a file that the reader may have, as [`FileRow`].
#[must_use]
pub fn file<DB: StoreBackend>(file: FileId, reader: UserId) -> Statement<DB> {
    sql(format!(
        "{}WHERE f.id = ?1 AND (f.uploaded_by = ?2 OR EXISTS (SELECT 1 {SHOWN}
         AND EXISTS (SELECT 1 FROM memberships m
            WHERE m.room_id = s.room_id AND m.user_id = ?2 AND m.left_at IS NULL)))",
        FileRow::SELECT
    ))
    .bind::<Id, _>(file)
    .bind::<Id, _>(reader)
}

/// Counts the files of a user.
#[must_use]
pub fn file_count<DB: StoreBackend>(user: UserId) -> Statement<DB> {
    sql("SELECT files AS n FROM file_counts WHERE user_id = ?1").bind::<Id, _>(user)
}

/// Selects a page of the files of a user, as [`FileRow`].
#[must_use]
pub fn files_of<DB: StoreBackend>(user: UserId, query: FileQuery, page: PageRequest) -> Statement<DB> {
    let order = file_order(query, DB::BYTEWISE);
    let statement =
        sql(format!("{}WHERE f.uploaded_by = ?1 ORDER BY {order} LIMIT ?2 OFFSET ?3", FileRow::SELECT));
    paged(statement.bind::<Id, _>(user), page)
}

/// Inserts a file.
#[must_use]
pub fn insert_file<DB: StoreBackend>(file: File) -> Statement<DB> {
    sql("INSERT INTO files (id, name, content_type, size, sha256, image, uploaded_by, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
    .bind::<Id, _>(file.id)
    .bind::<Text, _>(file.name.as_str().to_owned())
    .bind::<Text, _>(file.content_type.0)
    .bind::<BigInt, _>(signed(file.size))
    .bind::<Binary, _>(file.sha256.0.to_vec())
    .bind::<Bool, _>(file.image)
    .bind::<Id, _>(file.uploaded_by.id)
    .bind::<Moment, _>(file.created_at)
}

/// Deletes a file, unless a message shows it; returns its size as `n`.
#[must_use]
pub fn delete_file<DB: StoreBackend>(file: FileId) -> Statement<DB> {
    sql(format!(
        "DELETE FROM files AS f WHERE f.id = ?1 AND NOT EXISTS (SELECT 1 {SHOWN}) RETURNING size AS n"
    ))
    .bind::<Id, _>(file)
}

/// Adds to the bytes of a user, locks them, and returns them as `n`.
#[must_use]
pub fn add_usage<DB: StoreBackend>(user: UserId, bytes: i64) -> Statement<DB> {
    sql("INSERT INTO file_usage (user_id, bytes) VALUES (?1, ?2)
         ON CONFLICT (user_id) DO UPDATE SET bytes = file_usage.bytes + excluded.bytes RETURNING bytes AS n")
    .bind::<Id, _>(user)
    .bind::<BigInt, _>(bytes)
}

/// Deletes the reservations of a user that expired at `now` or before; returns the bytes of each as `n`.
#[must_use]
pub fn expire_reservations<DB: StoreBackend>(user: UserId, now: Timestamp) -> Statement<DB> {
    sql("DELETE FROM upload_reservations WHERE user_id = ?1 AND expires_at <= ?2 RETURNING bytes AS n")
        .bind::<Id, _>(user)
        .bind::<Moment, _>(now)
}

/// Inserts a reservation.
#[must_use]
pub fn insert_reservation<DB: StoreBackend>(reservation: Reservation) -> Statement<DB> {
    sql("INSERT INTO upload_reservations (file_id, user_id, bytes, expires_at) VALUES (?1, ?2, ?3, ?4)")
        .bind::<Id, _>(reservation.file)
        .bind::<Id, _>(reservation.user)
        .bind::<BigInt, _>(signed(reservation.bytes))
        .bind::<Moment, _>(reservation.expires_at)
}

/// Deletes a reservation; returns its user and bytes, as [`ReservationRow`](crate::rows::ReservationRow).
#[must_use]
pub fn delete_reservation<DB: StoreBackend>(file: FileId) -> Statement<DB> {
    sql("DELETE FROM upload_reservations WHERE file_id = ?1 RETURNING user_id, bytes").bind::<Id, _>(file)
}

/// Puts a file in quarantine, unless it is there.
#[must_use]
pub fn quarantine<DB: StoreBackend>(file: FileId, since: Timestamp) -> Statement<DB> {
    sql("INSERT INTO quarantined_files (id, since) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")
        .bind::<Id, _>(file)
        .bind::<Moment, _>(since)
}

/// Selects files that are in quarantine since `at` or before, as [`FileIdRow`](crate::rows::FileIdRow).
#[must_use]
pub fn quarantined_since<DB: StoreBackend>(at: Timestamp, limit: u32) -> Statement<DB> {
    sql("SELECT q.id FROM quarantined_files q WHERE q.since <= ?1
           AND NOT EXISTS (SELECT 1 FROM files f WHERE f.id = q.id) ORDER BY q.since, q.id LIMIT ?2")
    .bind::<Moment, _>(at)
    .bind::<BigInt, _>(i64::from(limit))
}

/// Counts the files that are in quarantine since `at` or before.
#[must_use]
pub fn count_quarantined<DB: StoreBackend>(at: Timestamp) -> Statement<DB> {
    sql("SELECT count(*) AS n FROM quarantined_files WHERE since <= ?1").bind::<Moment, _>(at)
}

/// Ends the quarantine of a file.
#[must_use]
pub fn forget_removed<DB: StoreBackend>(file: FileId) -> Statement<DB> {
    sql("DELETE FROM quarantined_files WHERE id = ?1").bind::<Id, _>(file)
}

/// Selects the state of the file store, as [`FileStoreRow`](crate::rows::FileStoreRow).
#[must_use]
pub fn file_store_state<DB: StoreBackend>() -> Statement<DB> {
    sql("SELECT database_id, changes, sweep_after FROM file_store WHERE one = 1")
}

/// Lets no sweep run before `until`, and raises the number of changes to at least `changes`.
#[must_use]
pub fn delay_sweeps<DB: StoreBackend>(until: Timestamp, changes: u64) -> Statement<DB> {
    sql(format!(
        "UPDATE file_store SET sweep_after = ?1, changes = {}(changes, ?2) WHERE one = 1",
        DB::GREATEST
    ))
    .bind::<Moment, _>(until)
    .bind::<BigInt, _>(signed(changes))
}

/// Returns a count as the databases keep it.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
