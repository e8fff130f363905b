//! What files need from outside.

use std::ops::Range;

use async_trait::async_trait;

use super::{ContentType, File, FileQuery};
use crate::{FileId, Page, PageRequest, StoreError, Timestamp, UserId};

/// Reads what is known of files.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait FileReader: Send + Sync {
    /// The file, for its uploader and for members of a room where a message that is not deleted shows it; to anybody
    /// else there is none. MUST be one query, so that nobody gets in between its two questions.
    async fn file(&self, file: FileId, reader: UserId) -> Result<Option<File>, StoreError>;

    /// One page of a user's own in the order that the query names, which MUST end in the id.
    async fn files_of(
        &self,
        user: UserId,
        query: FileQuery,
        page: PageRequest,
    ) -> Result<Page<File>, StoreError>;

    /// Which of these there are; one query for all.
    async fn known_files(&self, files: Vec<FileId>) -> Result<Vec<FileId>, StoreError>;

    /// The next `limit` files behind that one, in the order of their ids: all of them, so that MUST NOT take longer
    /// where few are unused.
    async fn files_after(&self, after: Option<FileId>, limit: u32) -> Result<Vec<KeptFile>, StoreError>;
}

/// Changes the records of files in a unit of work.
#[async_trait]
pub trait FileWrites: Send {
    /// Stores the record of a file.
    async fn insert_file(&mut self, file: File) -> Result<(), StoreError>;

    /// Removes the record of a file that this user uploaded, unless a message that is not deleted, in a room that is
    /// not, shows it. MUST exclude the messages that come to show it: either they find no file, or it stays.
    async fn delete_file(&mut self, file: FileId, by: UserId) -> Result<FileRemoval, StoreError>;
}

/// A file, as the clean-up looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// What is known of it.
    pub file: File,
    /// Whether a message that is not deleted shows it, in a room that is not.
    pub shown: bool,
}

/// What became of a file that was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRemoval {
    /// It is gone.
    Removed,
    /// A message shows it: it stays.
    InUse,
    /// That user has uploaded no such file.
    Absent,
}

/// Keeps the bytes of files.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Begins to write a file's bytes. Nobody reads them before they are finished.
    async fn create(&self, file: FileId) -> Result<Box<dyn BlobWriter>, StoreError>;

    /// A range of a file's bytes, which must lie within it; `None` where there are none of that file. MUST hold no
    /// more than a few chunks in memory.
    async fn read(&self, file: FileId, range: Range<u64>) -> Result<Option<Box<dyn BlobReader>>, StoreError>;

    /// Removes a file's bytes, and what an upload that broke off left of them; that there are none is no error.
    async fn delete(&self, file: FileId) -> Result<(), StoreError>;

    /// All that is kept, what uploads left behind included.
    async fn list(&self) -> Result<Box<dyn BlobLister>, StoreError>;
}

/// Writes the bytes of one file. Dropped without [`finish`](Self::finish) it MUST leave nothing behind.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait BlobWriter: Send {
    /// Appends a chunk. MUST wait where bytes come in faster than they can be put away.
    async fn write(&mut self, chunk: Vec<u8>) -> Result<(), StoreError>;

    /// Makes them durable and readable, all at once. Of what fails here some may stay, for the caller to delete.
    async fn finish(self: Box<Self>) -> Result<(), StoreError>;

    /// Removes what was written.
    async fn abort(self: Box<Self>) -> Result<(), StoreError>;
}

/// Reads bytes chunk by chunk.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait BlobReader: Send {
    /// The next chunk; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError>;
}

/// A file's bytes, as they lie there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob {
    /// Whose.
    pub file: FileId,
    /// When they were last written to.
    pub written_at: Timestamp,
    /// How many.
    pub size: u64,
}

/// Lists what is kept, a part at a time.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait BlobLister: Send {
    /// The next few; none at the end.
    async fn next(&mut self) -> Result<Vec<StoredBlob>, StoreError>;
}

/// Says what bytes are.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Sniffer: Send + Sync {
    /// What a file is that begins so. MUST look at nothing but the bytes.
    fn sniff(&self, head: &[u8]) -> ContentType;
}
