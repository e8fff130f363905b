//! Ports for the records of files and for their bytes.

use std::ops::Range;

use async_trait::async_trait;

use super::{ContentType, File, FileQuery, FileStoreState, Reservation};
use crate::{DatabaseId, FileId, Page, PageRequest, StoreError, Timestamp, UserId};

/// Reads the records of files.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait FileReader: Send + Sync {
    /// Returns the file for its uploader, and for members of a room where a message that is not deleted shows it;
    /// `None` for other callers. MUST be one query, so that both conditions hold at the same moment.
    async fn file(&self, file: FileId, reader: UserId) -> Result<Option<File>, StoreError>;

    /// Returns one page of a user's files in the order of the query, which MUST end in the id.
    async fn files_of(
        &self,
        user: UserId,
        query: FileQuery,
        page: PageRequest,
    ) -> Result<Page<File>, StoreError>;

    /// Returns the ids of those files that exist or are in quarantine.
    async fn known_files(&self, files: Vec<FileId>) -> Result<Vec<FileId>, StoreError>;

    /// Returns the next `limit` files after `after` in the order of their ids, used or unused: MUST NOT take longer
    /// where few are unused.
    async fn files_after(&self, after: Option<FileId>, limit: u32) -> Result<Vec<KeptFile>, StoreError>;

    /// Returns at most `limit` files that are in quarantine since `at` or before. MUST NOT return one that exists.
    async fn quarantined_since(&self, at: Timestamp, limit: u32) -> Result<Vec<FileId>, StoreError>;

    /// Counts the files that are in quarantine since `at` or before.
    async fn count_quarantined(&self, at: Timestamp) -> Result<u64, StoreError>;

    /// Returns the state of the file store, as the database knows it.
    async fn file_store_state(&self) -> Result<FileStoreState, StoreError>;
}

/// Changes the records of files in a unit of work.
#[async_trait]
pub trait FileWrites: Send {
    /// Stores the record of a file, whose bytes count as its uploader's from then on.
    async fn insert_file(&mut self, file: File) -> Result<(), StoreError>;

    /// Removes the record of a file that this user uploaded, unless a message that is not deleted, in a room that is
    /// not, shows it. The file is in quarantine since `at`, and its bytes count no more. MUST exclude the messages that
    /// come to show it: either they find no file, or it stays.
    async fn delete_file(
        &mut self,
        file: FileId,
        by: UserId,
        at: Timestamp,
    ) -> Result<FileRemoval, StoreError>;

    /// Returns the bytes of a user's files and reservations, after removing the reservations that expired at `now` or
    /// before. No other unit of work MUST change them before this one ends. Those that wait for it SHOULD wait without
    /// a connection, so a unit SHOULD call this first.
    async fn lock_usage(&mut self, user: UserId, now: Timestamp) -> Result<u64, StoreError>;

    /// Reserves bytes for a file that has no reservation. They count as the user's until they are released.
    async fn reserve(&mut self, reservation: Reservation) -> Result<(), StoreError>;

    /// Removes the reservation for a file, and returns its bytes: 0 where there is none.
    async fn release(&mut self, file: FileId) -> Result<u64, StoreError>;

    /// Puts bytes without a record in quarantine since `at`; those that are in quarantine stay as they are.
    async fn quarantine(&mut self, files: Vec<FileId>, at: Timestamp) -> Result<(), StoreError>;

    /// Ends the quarantine of a file whose bytes are removed.
    async fn forget_removed(&mut self, file: FileId) -> Result<(), StoreError>;

    /// Counts one more change of the stored files and returns the state; `None` where another unit of work counts one at
    /// this moment, which is enough for both. MUST NOT wait for that, and MUST be the last call before the commit.
    async fn count_change(&mut self) -> Result<Option<FileStoreState>, StoreError>;

    /// Lets no sweep run before `until`, and raises the number of changes to at least `changes`.
    async fn delay_sweeps(&mut self, until: Timestamp, changes: u64) -> Result<(), StoreError>;
}

/// A file, as the garbage collection reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// The record.
    pub file: File,
    /// `true` where a message that is not deleted, in a room that is not, shows the file.
    pub shown: bool,
}

/// The outcome of deleting a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRemoval {
    /// The record was deleted, and the file is in quarantine.
    Removed,
    /// A message shows the file, which stays.
    InUse,
    /// The user uploaded no such file.
    Absent,
}

/// Stores the bytes of files.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Starts to write the bytes of a file, which cannot be read before they are finished.
    async fn create(&self, file: FileId) -> Result<Box<dyn BlobWriter>, StoreError>;

    /// Opens a range of a file's bytes, which must lie within it; `None` where there are no bytes of that file. MUST
    /// hold no more than a few chunks in memory.
    async fn read(&self, file: FileId, range: Range<u64>) -> Result<Option<Box<dyn BlobReader>>, StoreError>;

    /// Removes a file's bytes, and the remains of an interrupted upload; `Ok` where there are none.
    async fn delete(&self, file: FileId) -> Result<(), StoreError>;

    /// Lists all blobs, the remains of interrupted uploads included.
    async fn list(&self) -> Result<Box<dyn BlobLister>, StoreError>;
}

/// Keeps marks in the file store itself: the database that it belongs to, and what each database last did there.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait FileStoreMarks: Send + Sync {
    /// Returns the database that the store belongs to; `None` where it is not marked.
    async fn owner(&self) -> Result<Option<DatabaseId>, StoreError>;

    /// Marks the store as that database's.
    async fn set_owner(&self, owner: DatabaseId) -> Result<(), StoreError>;

    /// Returns the number of changes that the database noted last; 0 where it noted none.
    async fn changes(&self, database: DatabaseId) -> Result<u64, StoreError>;

    /// Notes the number of changes that the database has committed. A later note replaces it, a lower one too.
    async fn note_changes(&self, database: DatabaseId, changes: u64) -> Result<(), StoreError>;
}

/// Writes the bytes of one file. Dropped without [`finish`](Self::finish) it MUST leave nothing behind.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait BlobWriter: Send {
    /// Appends a chunk. MUST apply backpressure where bytes arrive faster than they are written.
    async fn write(&mut self, chunk: Vec<u8>) -> Result<(), StoreError>;

    /// Makes the bytes durable and readable, all at once. On `Err` some may remain, for the caller to delete.
    async fn finish(self: Box<Self>) -> Result<(), StoreError>;

    /// Removes the bytes written so far.
    async fn abort(self: Box<Self>) -> Result<(), StoreError>;
}

/// Reads bytes in chunks.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait BlobReader: Send {
    /// Returns the next chunk; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError>;
}

/// The stored bytes of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob {
    /// The file.
    pub file: FileId,
    /// The time of the last write.
    pub written_at: Timestamp,
    /// The size in bytes.
    pub size: u64,
}

/// Lists blobs in batches.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait BlobLister: Send {
    /// Returns the next batch; an empty one at the end.
    async fn next(&mut self) -> Result<Vec<StoredBlob>, StoreError>;
}

/// Detects the type of bytes.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Sniffer: Send + Sync {
    /// Returns the media type of a file that begins with `head`. MUST use the bytes only.
    fn sniff(&self, head: &[u8]) -> ContentType;
}
