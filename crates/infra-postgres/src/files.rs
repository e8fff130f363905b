//! Records of files.

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt};
use domain::file::{File, FileQuery, FileReader, FileRemoval, FileWrites, KeptFile};
use domain::{FileId, Page, PageRequest, StoreError, UserId};
use store_common::rows::{FileRow, KeptFileRow, Row, SHOWN};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;
use uuid::Uuid;

use crate::PostgresStore;
use crate::pool::Connection;
use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl FileReader for PostgresStore {
    async fn file(&self, file: FileId, reader: UserId) -> Result<Option<File>, StoreError> {
        self.database.one::<FileRow>(statements::file(file, reader)).await
    }

    async fn files_of(
        &self,
        user: UserId,
        query: FileQuery,
        page: PageRequest,
    ) -> Result<Page<File>, StoreError> {
        let (total, listed) = (statements::file_count(user), statements::files_of(user, query, page));
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
        self.execute(statements::insert_file(file)).await.map(drop)
    }

    async fn delete_file(&mut self, file: FileId, by: UserId) -> Result<FileRemoval, StoreError> {
        // Waits for messages that come to show it; the next statement sees them.
        let lock = sql("SELECT id FROM files WHERE id = ?1 AND uploaded_by = ?2 FOR UPDATE")
            .bind::<Id, _>(file)
            .bind::<Id, _>(by);
        if self.one::<FileIdRow>(lock).await?.is_none() {
            return Ok(FileRemoval::Absent);
        }
        Ok(if self.execute(statements::delete_file(file)).await? == 0 {
            FileRemoval::InUse
        } else {
            FileRemoval::Removed
        })
    }
}
