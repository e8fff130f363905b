//! Uploading a file in chunks.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::quota::{Space, grant};
use super::{BlobStore, BlobWriter, Digest, File, FileName, FileStoreMarks, FileStoreState, Sniffer};
use crate::account::Identity;
use crate::store::Store;
use crate::{Clock, Error, FileId, IdSource, Ports, Refusal, Result, SessionId, StoreError, Timestamp};

/// The number of first bytes from which the type is detected.
const HEAD: usize = 8 * 1024;
/// The most bytes by which the expected length of a file may exceed its length.
const INACCURACY: u64 = 64 * 1024;

/// Uploads files; for any signed-in caller.
pub struct UploadFile {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) marks: Arc<dyn FileStoreMarks>,
    pub(crate) sniffer: Arc<dyn Sniffer>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) largest: u64,
    pub(crate) quota: Option<u64>,
}

impl UploadFile {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            store: ports.stored.store.clone(),
            blobs: ports.blobs.clone(),
            marks: ports.file_marks.clone(),
            sniffer: ports.sniffer.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            largest: ports.largest_file,
            quota: ports.file_quota,
        }
    }

    /// Starts an upload of `expected` bytes, where the client announced that, or a few less; reserves them. Rejects what
    /// exceeds the maximum size, or the quota of the caller's files.
    pub async fn begin(&self, caller: Identity, name: FileName, expected: Option<u64>) -> Result<Upload> {
        if expected.is_some_and(|expected| expected > self.largest.saturating_add(INACCURACY)) {
            return Err(Refusal::FileTooLarge.into());
        }
        let id = FileId(self.ids.next());
        let mut space = Space {
            store: self.store.clone(),
            clock: self.clock.clone(),
            quota: self.quota,
            file: id,
            user: caller.user.id,
            // Whether a slightly longer one fits is known once it arrives.
            expected: expected.filter(|&expected| expected <= self.largest),
            reserved: 0,
            renew_at: Timestamp::EPOCH,
        };
        space.open().await?;
        let writer = match self.blobs.create(id).await {
            Ok(writer) => writer,
            Err(error) => {
                let _lapses = space.release().await;
                return Err(error.into());
            }
        };
        Ok(Upload {
            writer,
            space,
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            marks: self.marks.clone(),
            sniffer: self.sniffer.clone(),
            clock: self.clock.clone(),
            largest: self.largest,
            id,
            name,
            by: caller,
            head: Vec::new(),
            hash: Sha256::new(),
            size: 0,
        })
    }

    /// Returns the maximum size of a file in bytes.
    #[must_use]
    pub fn largest(&self) -> u64 {
        self.largest
    }
}

/// An upload in progress. Dropped before it is finished, it leaves no bytes behind, but its reservation until that lapses.
pub struct Upload {
    writer: Box<dyn BlobWriter>,
    space: Space,
    store: Arc<dyn Store>,
    blobs: Arc<dyn BlobStore>,
    marks: Arc<dyn FileStoreMarks>,
    sniffer: Arc<dyn Sniffer>,
    clock: Arc<dyn Clock>,
    largest: u64,
    id: FileId,
    name: FileName,
    by: Identity,
    head: Vec<u8>,
    hash: Sha256,
    size: u64,
}

impl Upload {
    /// Writes the next chunk; [`Refusal::FileTooLarge`] where the file exceeds the maximum size, and a refusal where it
    /// exceeds the quota. After an error the caller must [`abort`](Self::abort) or drop the upload.
    pub async fn write(&mut self, chunk: Vec<u8>) -> Result<()> {
        self.size = self.size.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if self.size > self.largest {
            return Err(Refusal::FileTooLarge.into());
        }
        self.space.grow(self.size).await?;
        self.hash.update(&chunk);
        let wanted = HEAD.saturating_sub(self.head.len()).min(chunk.len());
        self.head.extend_from_slice(&chunk[..wanted]);
        Ok(self.writer.write(chunk).await?)
    }

    /// Stores the record and returns it, if the caller's session still stands and the quota has room. The bytes are
    /// durable before the record exists: a failure in between leaves no record, and at worst bytes that the garbage
    /// collection removes.
    pub async fn finish(self) -> Result<File> {
        if let Err(error) = self.writer.finish().await {
            // On a full disk some bytes may remain.
            let _left_to_garbage_collection = self.blobs.delete(self.id).await;
            let _lapses = self.space.release().await;
            return Err(error.into());
        }
        let content_type = self.sniffer.sniff(&self.head);
        let file = File {
            id: self.id,
            name: self.name,
            image: content_type.is_raster_image(),
            content_type,
            size: self.size,
            sha256: Digest(self.hash.finalize().into()),
            uploaded_by: self.by.user,
            created_at: self.clock.now(),
        };
        match store(&*self.store, self.space.quota, self.by.session, file.clone()).await {
            Ok(counted) => {
                if let Some(FileStoreState { database, changes, .. }) = counted {
                    let _noted_with_the_next_change = self.marks.note_changes(database, changes).await;
                }
                Ok(file)
            }
            // After `Unavailable` the record may exist all the same: its bytes must stay.
            Err(error @ Error::Store(StoreError::Unavailable(_))) => Err(error),
            Err(error) => {
                let _left_to_garbage_collection = self.blobs.delete(file.id).await;
                let _lapses = self.space.release().await;
                Err(error)
            }
        }
    }

    /// Aborts the upload, removes its bytes, and gives back what it reserved.
    pub async fn abort(self) -> Result<()> {
        let aborted = self.writer.abort().await;
        self.space.release().await?;
        Ok(aborted?)
    }
}

/// Stores the record in the place of its reservation.
async fn store(
    store: &dyn Store,
    quota: Option<u64>,
    session: SessionId,
    file: File,
) -> Result<Option<FileStoreState>> {
    let mut work = store.begin_in(session, file.created_at).await?;
    if let Some(most) = quota {
        let used = work.lock_usage(file.uploaded_by.id, file.created_at).await?;
        let own = work.release(file.id).await?;
        // The reservation may have lapsed, or been too small.
        grant(most, used.saturating_sub(own), file.size, 0)?;
    }
    work.insert_file(file).await?;
    let counted = work.count_change().await?;
    work.commit().await?;
    Ok(counted)
}

#[cfg(test)]
mod tests;
