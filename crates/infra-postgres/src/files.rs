//! Records of files.

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt};
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
        let statement = sql("SELECT id FROM files WHERE id = ANY(?1)
             UNION SELECT id FROM quarantined_files WHERE id = ANY(?1)")
        .bind::<Array<Id>, _>(files);
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

#[async_trait]
impl FileWrites for PostgresUnitOfWork {
    async fn insert_file(&mut self, file: File) -> Result<(), StoreError> {
        let (user, bytes) = (file.uploaded_by.id, i64::try_from(file.size).unwrap_or(i64::MAX));
        self.execute(statements::insert_file(file)).await?;
        self.number(statements::add_usage(user, bytes)).await.map(drop)
    }

    async fn delete_file(
        &mut self,
        file: FileId,
        by: UserId,
        at: Timestamp,
    ) -> Result<FileRemoval, StoreError> {
        // Waits for messages that come to show it; the next statement sees them.
        let lock = sql("SELECT id FROM files WHERE id = ?1 AND uploaded_by = ?2 FOR UPDATE")
            .bind::<Id, _>(file)
            .bind::<Id, _>(by);
        if self.one::<FileIdRow>(lock).await?.is_none() {
            return Ok(FileRemoval::Absent);
        }
        let Some(size) = self.one::<CountRow>(statements::delete_file(file)).await? else {
            return Ok(FileRemoval::InUse);
        };
        self.execute(statements::quarantine(file, at)).await?;
        self.number(statements::add_usage(by, -size)).await?;
        Ok(FileRemoval::Removed)
    }

    async fn lock_usage(&mut self, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
        self.lock_bytes(user).await?;
        let used = self.number(statements::add_usage(user, 0)).await?;
        let expired: i64 =
            self.all::<CountRow>(statements::expire_reservations(user, now)).await?.iter().sum();
        if expired == 0 {
            return count(used);
        }
        count(self.number(statements::add_usage(user, -expired)).await?)
    }

    async fn reserve(&mut self, reservation: Reservation) -> Result<(), StoreError> {
        self.execute(statements::insert_reservation(reservation)).await?;
        let bytes = i64::try_from(reservation.bytes).unwrap_or(i64::MAX);
        self.number(statements::add_usage(reservation.user, bytes)).await.map(drop)
    }

    async fn release(&mut self, file: FileId) -> Result<u64, StoreError> {
        let Some((user, bytes)) = self.one::<ReservationRow>(statements::delete_reservation(file)).await?
        else {
            return Ok(0);
        };
        self.number(statements::add_usage(user, -bytes)).await?;
        count(bytes)
    }

    async fn quarantine(&mut self, files: Vec<FileId>, at: Timestamp) -> Result<(), StoreError> {
        for file in files {
            self.execute(statements::quarantine(file, at)).await?;
        }
        Ok(())
    }

    async fn forget_removed(&mut self, file: FileId) -> Result<(), StoreError> {
        self.execute(statements::forget_removed(file)).await.map(drop)
    }

    async fn count_change(&mut self) -> Result<Option<FileStoreState>, StoreError> {
        let statement = "UPDATE file_store SET changes = changes + 1
             WHERE one = (SELECT one FROM file_store WHERE one = 1 FOR UPDATE SKIP LOCKED)
             RETURNING database_id, changes, sweep_after";
        self.one::<FileStoreRow>(sql(statement)).await
    }

    async fn delay_sweeps(&mut self, until: Timestamp, changes: u64) -> Result<(), StoreError> {
        self.execute(statements::delay_sweeps(until, changes)).await.map(drop)
    }
}
