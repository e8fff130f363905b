//! Records of files.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Nullable};
use domain::file::{
    File, FileQuery, FileReader, FileRemoval, FileStoreState, FileWrites, KeptFile, Reservation,
};
use domain::{FileId, Page, PageRequest, StoreError, Timestamp, UserId};
use store_common::rows::{
    CountRow, FileIdRow, FileRow, FileStoreRow, KeptFileRow, ReservationRow, SHOWN, count, file_store_state,
};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::query::{all, execute, number, one, page as read_page};
use crate::scans::Scan;
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
        self.database.scan(Scan::List, move |c| read_page::<FileRow>(c, total, listed)).await
    }

    async fn known_files(&self, files: Vec<FileId>) -> Result<Vec<FileId>, StoreError> {
        self.database
            .read(move |c| {
                let mut known = vec![];
                // In-process, a lookup of each by primary key is as quick as one large query.
                for file in files {
                    let count = sql("SELECT (SELECT count(*) FROM files WHERE id = ?1)
                            + (SELECT count(*) FROM quarantined_files WHERE id = ?1) AS n");
                    if number(c, count.bind::<Id, _>(file))? > 0 {
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

    async fn quarantined_since(&self, at: Timestamp, limit: u32) -> Result<Vec<FileId>, StoreError> {
        self.database.all::<FileIdRow>(statements::quarantined_since(at, limit)).await
    }

    async fn count_quarantined(&self, at: Timestamp) -> Result<u64, StoreError> {
        count(self.database.one::<CountRow>(statements::count_quarantined(at)).await?.unwrap_or_default())
    }

    async fn file_store_state(&self) -> Result<FileStoreState, StoreError> {
        file_store_state(self.database.one::<FileStoreRow>(statements::file_store_state()).await?)
    }
}

/// Returns the file of any uploader. The only writer reads it, so it can't be removed meanwhile.
pub(crate) fn find(c: &mut SqliteConnection, file: FileId) -> Result<Option<File>, StoreError> {
    one::<FileRow>(c, sql(format!("{}WHERE f.id = ?1", FileRow::SELECT)).bind::<Id, _>(file))
}

#[async_trait]
impl FileWrites for SqliteUnitOfWork {
    async fn insert_file(&mut self, file: File) -> Result<(), StoreError> {
        let (user, bytes) = (file.uploaded_by.id, i64::try_from(file.size).unwrap_or(i64::MAX));
        self.run(move |c| {
            execute(c, statements::insert_file(file))?;
            number(c, statements::add_usage(user, bytes)).map(drop)
        })
        .await
    }

    async fn delete_file(
        &mut self,
        file: FileId,
        by: UserId,
        at: Timestamp,
    ) -> Result<FileRemoval, StoreError> {
        self.run(move |c| {
            if find(c, file)?.is_none_or(|found| found.uploaded_by.id != by) {
                return Ok(FileRemoval::Absent);
            }
            let Some(size) = one::<CountRow>(c, statements::delete_file(file))? else {
                return Ok(FileRemoval::InUse);
            };
            execute(c, statements::quarantine(file, at))?;
            number(c, statements::add_usage(by, -size))?;
            Ok(FileRemoval::Removed)
        })
        .await
    }

    async fn lock_usage(&mut self, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
        self.lock_bytes(user).await?;
        self.run(move |c| {
            let expired: i64 = all::<CountRow>(c, statements::expire_reservations(user, now))?.iter().sum();
            count(number(c, statements::add_usage(user, -expired))?)
        })
        .await
    }

    async fn reserve(&mut self, reservation: Reservation) -> Result<(), StoreError> {
        let bytes = i64::try_from(reservation.bytes).unwrap_or(i64::MAX);
        self.run(move |c| {
            execute(c, statements::insert_reservation(reservation))?;
            number(c, statements::add_usage(reservation.user, bytes)).map(drop)
        })
        .await
    }

    async fn release(&mut self, file: FileId) -> Result<u64, StoreError> {
        self.run(move |c| {
            let Some((user, bytes)) = one::<ReservationRow>(c, statements::delete_reservation(file))? else {
                return Ok(0);
            };
            number(c, statements::add_usage(user, -bytes))?;
            count(bytes)
        })
        .await
    }

    async fn quarantine(&mut self, files: Vec<FileId>, at: Timestamp) -> Result<(), StoreError> {
        self.run(move |c| {
            for file in files {
                execute(c, statements::quarantine(file, at))?;
            }
            Ok(())
        })
        .await
    }

    async fn forget_removed(&mut self, file: FileId) -> Result<(), StoreError> {
        self.execute(statements::forget_removed(file)).await.map(drop)
    }

    async fn count_change(&mut self) -> Result<Option<FileStoreState>, StoreError> {
        let statement = "UPDATE file_store SET changes = changes + 1 WHERE one = 1
             RETURNING database_id, changes, sweep_after";
        file_store_state(self.one::<FileStoreRow>(sql(statement)).await?).map(Some)
    }

    async fn delay_sweeps(&mut self, until: Timestamp, changes: u64) -> Result<(), StoreError> {
        self.execute(statements::delay_sweeps(until, changes)).await.map(drop)
    }
}
