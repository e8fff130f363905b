//! Records of files.

use diesel::sql_types::{BigInt, Binary, Bool, Text};
use domain::file::{File, FileQuery};
use domain::{FileId, PageRequest, UserId};

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
    sql("SELECT count(*) AS n FROM files WHERE uploaded_by = ?1").bind::<Id, _>(user)
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
    .bind::<BigInt, _>(i64::try_from(file.size).unwrap_or(i64::MAX))
    .bind::<Binary, _>(file.sha256.0.to_vec())
    .bind::<Bool, _>(file.image)
    .bind::<Id, _>(file.uploaded_by.id)
    .bind::<Moment, _>(file.created_at)
}

/// Deletes a file, unless a message shows it.
#[must_use]
pub fn delete_file<DB: StoreBackend>(file: FileId) -> Statement<DB> {
    sql(format!("DELETE FROM files AS f WHERE f.id = ?1 AND NOT EXISTS (SELECT 1 {SHOWN})"))
        .bind::<Id, _>(file)
}
