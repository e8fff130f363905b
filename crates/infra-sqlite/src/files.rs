//! Records of files.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use domain::file::{File, FileQuery, FileReader, FileRemoval, FileWrites, KeptFile};
use domain::{FileId, Page, PageRequest, StoreError, UserId};
use store_common::lists::file_order;
use store_common::rows::{FileRow, KeptFileRow, SHOWN};
use store_common::sql_types::{Id, Moment};
use store_common::statement::sql;

use crate::SqliteStore;
use crate::query::{execute, number, one, page as read_page};
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl FileReader for SqliteStore {
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
        let order = file_order(query, "");
        let listed =
            sql(format!("{}WHERE f.uploaded_by = ?1 ORDER BY {order} LIMIT ?2 OFFSET ?3", FileRow::SELECT))
                .bind::<Id, _>(user)
                .bind::<BigInt, _>(i64::from(page.limit))
                .bind::<BigInt, _>(page.offset());
        self.database.read(move |c| read_page::<FileRow>(c, total, listed)).await
    }

    async fn known_files(&self, files: Vec<FileId>) -> Result<Vec<FileId>, StoreError> {
        self.database
            .read(move |c| {
                let mut known = vec![];
                // In-process, a lookup of each by primary key is as quick as one large query.
                for file in files {
                    let count = sql("SELECT count(*) AS n FROM files WHERE id = ?1").bind::<Id, _>(file);
                    if number(c, count)? > 0 {
                        known.push(file);
                    }
                }
                Ok(known)
            })
            .await
    }

    async fn files_after(&self, after: Option<FileId>, limit: u32) -> Result<Vec<KeptFile>, StoreError> {
        let select = KeptFileRow::select(&format!("SELECT 1 {SHOWN}"));
        // No id is less than an empty blob.
        let statement = sql(format!("{select}WHERE f.id > coalesce(?1, x'') ORDER BY f.id LIMIT ?2"))
            .bind::<Nullable<Id>, _>(after)
            .bind::<BigInt, _>(i64::from(limit));
        self.database.all::<KeptFileRow>(statement).await
    }
}

/// Returns the file of any uploader. The only writer reads it, so it can't be removed meanwhile.
pub(crate) fn find(c: &mut SqliteConnection, file: FileId) -> Result<Option<File>, StoreError> {
    one::<FileRow>(c, sql(format!("{}WHERE f.id = ?1", FileRow::SELECT)).bind::<Id, _>(file))
}

#[async_trait]
impl FileWrites for SqliteUnitOfWork {
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
        self.run(move |c| {
            if find(c, file)?.is_none_or(|found| found.uploaded_by.id != by) {
                return Ok(FileRemoval::Absent);
            }
            let removal =
                sql(format!("DELETE FROM files AS f WHERE f.id = ?1 AND NOT EXISTS (SELECT 1 {SHOWN})"))
                    .bind::<Id, _>(file);
            Ok(if execute(c, removal)? == 0 { FileRemoval::InUse } else { FileRemoval::Removed })
        })
        .await
    }
}
