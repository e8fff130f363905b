//! Uploading a file in chunks.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::{BlobStore, BlobWriter, Digest, File, FileName, Sniffer};
use crate::account::{Identity, UserRef};
use crate::store::Store;
use crate::{Clock, FileId, IdSource, Refusal, Result, StoreError};

/// The number of first bytes from which the type is detected.
const HEAD: usize = 8 * 1024;

/// Uploads files; for any signed-in caller.
pub struct UploadFile {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) sniffer: Arc<dyn Sniffer>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) largest: u64,
}

impl UploadFile {
    /// Starts an upload.
    pub async fn begin(&self, caller: Identity, name: FileName) -> Result<Upload> {
        let id = FileId(self.ids.next());
        Ok(Upload {
            writer: self.blobs.create(id).await?,
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            sniffer: self.sniffer.clone(),
            clock: self.clock.clone(),
            largest: self.largest,
            id,
            name,
            by: caller.user,
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

/// An upload in progress. Dropped before it is finished, it leaves nothing behind.
pub struct Upload {
    writer: Box<dyn BlobWriter>,
    store: Arc<dyn Store>,
    blobs: Arc<dyn BlobStore>,
    sniffer: Arc<dyn Sniffer>,
    clock: Arc<dyn Clock>,
    largest: u64,
    id: FileId,
    name: FileName,
    by: UserRef,
    head: Vec<u8>,
    hash: Sha256,
    size: u64,
}

impl Upload {
    /// Writes the next chunk; [`Refusal::FileTooLarge`] where the file exceeds the maximum size. After an error the
    /// caller must [`abort`](Self::abort) or drop the upload.
    pub async fn write(&mut self, chunk: Vec<u8>) -> Result<()> {
        self.size = self.size.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if self.size > self.largest {
            return Err(Refusal::FileTooLarge.into());
        }
        self.hash.update(&chunk);
        let wanted = HEAD.saturating_sub(self.head.len()).min(chunk.len());
        self.head.extend_from_slice(&chunk[..wanted]);
        Ok(self.writer.write(chunk).await?)
    }

    /// Stores the record and returns it. The bytes are durable before the record exists: a failure in between leaves
    /// no record, and at worst bytes that the garbage collection removes.
    pub async fn finish(self) -> Result<File> {
        if let Err(error) = self.writer.finish().await {
            // On a full disk some bytes may remain.
            let _left_to_garbage_collection = self.blobs.delete(self.id).await;
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
            uploaded_by: self.by,
            created_at: self.clock.now(),
        };
        let stored = insert(&*self.store, file.clone()).await;
        match stored {
            Ok(()) => Ok(file),
            // After `Unavailable` the record may exist all the same: its bytes must stay.
            Err(error @ StoreError::Unavailable(_)) => Err(error.into()),
            Err(error) => {
                let _left_to_garbage_collection = self.blobs.delete(file.id).await;
                Err(error.into())
            }
        }
    }

    /// Aborts the upload and removes its bytes.
    pub async fn abort(self) -> Result<()> {
        Ok(self.writer.abort().await?)
    }
}

async fn insert(store: &dyn Store, file: File) -> std::result::Result<(), StoreError> {
    let mut work = store.begin().await?;
    work.insert_file(file).await?;
    work.commit().await
}

#[cfg(test)]
mod tests {
    use mockall::Sequence;
    use mockall::predicate::eq;

    use super::*;
    use crate::Error;
    use crate::file::{ContentType, MockBlobStore, MockBlobWriter, MockSniffer};
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{at, caller, clock, file_id, ids, refusal, store, user};

    /// The SHA-256 of `hello`.
    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    fn uploads(store: Arc<MockStore>, writer: MockBlobWriter, sniffer: MockSniffer) -> UploadFile {
        let mut blobs = MockBlobStore::new();
        blobs.expect_create().with(eq(file_id(9))).times(1).return_once(|_| Ok(Box::new(writer)));
        UploadFile {
            store,
            blobs: Arc::new(blobs),
            sniffer: Arc::new(sniffer),
            clock: clock(5),
            ids: ids(9),
            largest: 5,
        }
    }

    fn expecting(chunks: &[&'static str]) -> MockBlobWriter {
        let mut writer = MockBlobWriter::new();
        for chunk in chunks {
            let bytes = chunk.as_bytes().to_vec();
            writer.expect_write().with(eq(bytes)).times(1).returning(|_| Ok(()));
        }
        writer
    }

    #[tokio::test]
    async fn the_bytes_are_durable_before_the_record_is_stored() {
        let mut order = Sequence::new();
        let mut writer = expecting(&["he", "llo"]);
        writer.expect_finish().times(1).in_sequence(&mut order).returning(|| Ok(()));
        let mut sniffer = MockSniffer::new();
        sniffer
            .expect_sniff()
            .withf(|head| head == b"hello")
            .times(1)
            .returning(|_| ContentType("image/png".into()));
        let mut work = MockUnitOfWork::new();
        work.expect_insert_file()
            .withf(|file| file.sha256.hex() == HELLO && file.size == 5 && file.image)
            .times(1)
            .in_sequence(&mut order)
            .returning(|_| Ok(()));
        work.expect_commit().times(1).in_sequence(&mut order).returning(|| Ok(()));
        let uploads = uploads(store(work), writer, sniffer);
        let mut upload = uploads.begin(caller(1), FileName::clean("a.png")).await.unwrap();
        upload.write(b"he".to_vec()).await.unwrap();
        upload.write(b"llo".to_vec()).await.unwrap();
        let file = upload.finish().await.unwrap();
        assert_eq!((file.id, file.uploaded_by, file.created_at), (file_id(9), user(1), at(5)));
    }

    #[tokio::test]
    async fn bytes_that_cannot_be_made_durable_are_removed_without_a_record() {
        let mut writer = MockBlobWriter::new();
        writer.expect_finish().times(1).returning(|| Err(StoreError::Unavailable("full".into())));
        let mut blobs = MockBlobStore::new();
        blobs.expect_create().with(eq(file_id(9))).times(1).return_once(|_| Ok(Box::new(writer)));
        blobs.expect_delete().with(eq(file_id(9))).times(1).returning(|_| Ok(()));
        let uploads = UploadFile {
            store: Arc::new(MockStore::new()),
            blobs: Arc::new(blobs),
            sniffer: Arc::new(MockSniffer::new()),
            clock: clock(5),
            ids: ids(9),
            largest: 5,
        };
        let upload = uploads.begin(caller(1), FileName::clean("a")).await.unwrap();
        assert!(upload.finish().await.is_err());
    }

    #[tokio::test]
    async fn a_chunk_beyond_the_maximum_size_is_rejected_unwritten() {
        let mut writer = expecting(&["hello"]);
        writer.expect_abort().times(1).returning(|| Ok(()));
        let uploads = uploads(Arc::new(MockStore::new()), writer, MockSniffer::new());
        let mut upload = uploads.begin(caller(1), FileName::clean("a")).await.unwrap();
        upload.write(b"hello".to_vec()).await.unwrap();
        assert_eq!(refusal(upload.write(b"!".to_vec()).await), Refusal::FileTooLarge);
        upload.abort().await.unwrap();
    }

    /// Uploads an empty file whose record cannot be stored for that reason; expects its bytes to be removed `removed`
    /// times.
    async fn without_record(reason: StoreError, removed: usize) -> Error {
        let mut writer = MockBlobWriter::new();
        writer.expect_finish().times(1).returning(|| Ok(()));
        let mut sniffer = MockSniffer::new();
        sniffer.expect_sniff().withf(<[u8]>::is_empty).times(1).returning(|_| ContentType::unknown());
        let mut work = MockUnitOfWork::new();
        let insert = work.expect_insert_file().withf(|file| (file.id, file.size) == (file_id(9), 0)).times(1);
        insert.return_once(|_| Err(reason));
        let mut blobs = MockBlobStore::new();
        blobs.expect_create().with(eq(file_id(9))).times(1).return_once(|_| Ok(Box::new(writer)));
        blobs.expect_delete().with(eq(file_id(9))).times(removed).returning(|_| Ok(()));
        let uploads = UploadFile {
            store: store(work),
            blobs: Arc::new(blobs),
            sniffer: Arc::new(sniffer),
            clock: clock(5),
            ids: ids(9),
            largest: 5,
        };
        let upload = uploads.begin(caller(1), FileName::clean("a")).await.unwrap();
        upload.finish().await.unwrap_err()
    }

    #[tokio::test]
    async fn a_file_whose_record_cannot_be_stored_leaves_no_bytes() {
        let error = without_record(StoreError::Corrupt("broken".into()), 1).await;
        assert!(matches!(error, Error::Store(StoreError::Corrupt(_))), "{error:?}");
    }

    #[tokio::test]
    async fn bytes_whose_record_may_exist_stay() {
        let error = without_record(StoreError::Unavailable("away".into()), 0).await;
        assert!(matches!(error, Error::Store(StoreError::Unavailable(_))), "{error:?}");
    }
}
