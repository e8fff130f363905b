//! Records of files.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Nullable};
use domain::file::{File, FileQuery, FileReader, FileRemoval, FileWrites, KeptFile};
use domain::{FileId, Page, PageRequest, StoreError, UserId};
use store_common::rows::{FileRow, KeptFileRow, SHOWN};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::query::{execute, number, one, page as read_page};
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl FileReader for SqliteStore {
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
        self.execute(statements::insert_file(file)).await.map(drop)
    }

    async fn delete_file(&mut self, file: FileId, by: UserId) -> Result<FileRemoval, StoreError> {
        self.run(move |c| {
            if find(c, file)?.is_none_or(|found| found.uploaded_by.id != by) {
                return Ok(FileRemoval::Absent);
            }
            Ok(if execute(c, statements::delete_file(file))? == 0 {
                FileRemoval::InUse
            } else {
                FileRemoval::Removed
            })
        })
        .await
    }
}
