//! Records of files.

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Text};
use domain::file::{File, FileQuery, FileReader, FileRemoval, FileWrites, KeptFile};
use domain::{FileId, Page, PageRequest, StoreError, UserId};
use store_common::lists::file_order;
use store_common::rows::{FileRow, KeptFileRow, Row, SHOWN};
use store_common::sql_types::{Id, Moment};
use store_common::statement::sql;
use uuid::Uuid;

use crate::PostgresStore;
use crate::pool::Connection;
use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl FileReader for PostgresStore {
    async fn file(&self, file: FileId, reader: UserId) -> Result<Option<File>, StoreError> {
        let statement = sql(format!(
            "{}WHERE f.id = ?1 AND (f.uploaded_by = ?2 OR EXISTS (SELECT 1 {SHOWN}
             AND EXISTS (SELECT 1 FROM memberships m
                WHERE m.room_id = s.room_id AND m.user_id = ?2 AND m.left_at IS NULL)))",
            FileRow::SELECT
        ))
        .bind::<Id, _>(file)
        .bind::<Id, _>(reader);
        self.database.one::<FileRow>(statement).await
    }

    async fn files_of(
        &self,
        user: UserId,
        query: FileQuery,
        page: PageRequest,
    ) -> Result<Page<File>, StoreError> {
        let total = sql("SELECT count(*) AS n FROM files WHERE uploaded_by = ?1").bind::<Id, _>(user);
        let order = file_order(query, " COLLATE \"C\"");
        let listed =
            sql(format!("{}WHERE f.uploaded_by = ?1 ORDER BY {order} LIMIT ?2 OFFSET ?3", FileRow::SELECT))
                .bind::<Id, _>(user)
                .bind::<BigInt, _>(i64::from(page.limit))
                .bind::<BigInt, _>(page.offset());
        self.database.page::<FileRow>(total, listed).await
    }

    async fn known_files(&self, files: Vec<FileId>) -> Result<Vec<FileId>, StoreError> {
        let statement = sql("SELECT id FROM files WHERE id = ANY(?1)").bind::<Array<Id>, _>(files);
        self.database.all::<FileIdRow>(statement).await
    }

    async fn files_after(&self, after: Option<FileId>, limit: u32) -> Result<Vec<KeptFile>, StoreError> {
        // `OFFSET 0` has the messages of each file looked up by themselves, instead of all read beforehand.
        let select = KeptFileRow::select(&format!("SELECT 1 {SHOWN} OFFSET 0"));
        let statement = sql(format!("{select}WHERE f.id > ?1 ORDER BY f.id LIMIT ?2"))
            .bind::<Id, _>(after.unwrap_or(FileId(Uuid::nil())))
            .bind::<BigInt, _>(i64::from(limit));
        self.database.all::<KeptFileRow>(statement).await
    }
}

/// Returns those of the files that exist.
pub(crate) async fn find(
    connection: &mut Connection,
    files: Vec<FileId>,
) -> Result<HashMap<FileId, File>, StoreError> {
    if files.is_empty() {
        return Ok(HashMap::new());
    }
    let statement = sql(format!("{}WHERE f.id = ANY(?1)", FileRow::SELECT)).bind::<Array<Id>, _>(files);
    Ok(connection.all::<FileRow>(statement).await?.into_iter().map(|file| (file.id, file)).collect())
}

/// Returns those of the files that exist, and holds them against their deletion until the transaction ends; in the order
/// of their ids, like everything that is locked.
pub(crate) async fn hold(connection: &mut Connection, files: Vec<FileId>) -> Result<Vec<File>, StoreError> {
    let statement = sql(format!("{}WHERE f.id = ANY(?1) ORDER BY f.id FOR SHARE OF f", FileRow::SELECT))
        .bind::<Array<Id>, _>(files);
    connection.all::<FileRow>(statement).await
}

#[derive(QueryableByName)]
struct FileIdRow {
    #[diesel(sql_type = Id)]
    id: FileId,
}

impl Row for FileIdRow {
    type Value = FileId;

    fn value(self) -> Result<FileId, StoreError> {
        Ok(self.id)
    }
}

#[async_trait]
impl FileWrites for PostgresUnitOfWork {
    async fn insert_file(&mut self, file: File) -> Result<(), StoreError> {
        let statement =
            sql("INSERT INTO files (id, name, content_type, size, sha256, image, uploaded_by, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .bind::<Id, _>(file.id)
            .bind::<Text, _>(file.name.as_str().to_owned())
            .bind::<Text, _>(file.content_type.0)
            .bind::<BigInt, _>(i64::try_from(file.size).unwrap_or(i64::MAX))
            .bind::<Binary, _>(file.sha256.0.to_vec())
            .bind::<Bool, _>(file.image)
            .bind::<Id, _>(file.uploaded_by.id)
            .bind::<Moment, _>(file.created_at);
        self.execute(statement).await.map(drop)
    }

    async fn delete_file(&mut self, file: FileId, by: UserId) -> Result<FileRemoval, StoreError> {
        // Waits for messages that come to show it; the next statement sees them.
        let lock = sql("SELECT id FROM files WHERE id = ?1 AND uploaded_by = ?2 FOR UPDATE")
            .bind::<Id, _>(file)
            .bind::<Id, _>(by);
        if self.connection.one::<FileIdRow>(lock).await?.is_none() {
            return Ok(FileRemoval::Absent);
        }
        let removal = sql(format!("DELETE FROM files f WHERE f.id = ?1 AND NOT EXISTS (SELECT 1 {SHOWN})"))
            .bind::<Id, _>(file);
        Ok(if self.execute(removal).await? == 0 { FileRemoval::InUse } else { FileRemoval::Removed })
    }
}
