//! Reading the bytes of a file, and listing the files of a store.

use std::fs::ReadDir;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::file::{BlobLister, BlobReader, StoredBlob};
use domain::{FileId, StoreError, Timestamp};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, Fuse};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt};
use time::OffsetDateTime;

use crate::{file_of, store_error};

/// Files in one page of a listing.
const PAGE: usize = 500;

/// Reads the bytes of a file chunk by chunk. The client of the store reads ahead without a bound, so each request asks for
/// no more than a slow reader may hold in memory.
pub(crate) struct ObjectReader {
    store: Arc<dyn ObjectStore>,
    location: Path,
    /// Response to the latest request.
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    rest: Range<u64>,
    request_size: u64,
}

impl ObjectReader {
    /// Requests the first bytes, so that a missing file is an error here.
    pub(crate) async fn open(
        store: Arc<dyn ObjectStore>,
        location: Path,
        range: Range<u64>,
        request_size: u64,
    ) -> object_store::Result<Self> {
        let mut reader = Self { store, location, stream: stream::empty().boxed(), rest: range, request_size };
        if reader.rest.is_empty() {
            // Stores accept no empty range; only the existence of the file is checked.
            reader.store.head(&reader.location).await?;
        } else {
            reader.request().await?;
        }
        Ok(reader)
    }

    /// Requests the next bytes.
    async fn request(&mut self) -> object_store::Result<()> {
        let end = self.rest.end.min(self.rest.start.saturating_add(self.request_size));
        let range = Some(GetRange::Bounded(self.rest.start..end));
        let response =
            self.store.get_opts(&self.location, GetOptions { range, ..GetOptions::default() }).await?;
        self.stream = response.into_stream();
        self.rest.start = end;
        Ok(())
    }
}

#[async_trait]
impl BlobReader for ObjectReader {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        loop {
            if let Some(chunk) = self.stream.next().await {
                return Ok(Some(chunk.map_err(store_error)?.into()));
            }
            if self.rest.is_empty() {
                return Ok(None);
            }
            self.request().await.map_err(store_error)?;
        }
    }
}

/// Lists the objects of a service. The stream is fused, because it is polled once more after its end.
pub(crate) struct StreamLister(pub(crate) Fuse<BoxStream<'static, object_store::Result<ObjectMeta>>>);

#[async_trait]
impl BlobLister for StreamLister {
    async fn next(&mut self) -> Result<Vec<StoredBlob>, StoreError> {
        let mut blobs = vec![];
        while blobs.len() < PAGE {
            let Some(object) = self.0.next().await else { break };
            let object = object.map_err(store_error)?;
            // Other objects do not belong to Parlor.
            let Some(file) = object.location.filename().and_then(file_of) else { continue };
            let micros = object.last_modified.timestamp_micros();
            let written_at = Timestamp::from_unix_micros(micros);
            blobs.extend(written_at.map(|written_at| StoredBlob { file, written_at, size: object.size }));
        }
        Ok(blobs)
    }
}

/// Lists the files in a folder, with the remains of interrupted uploads.
pub(crate) struct LocalLister {
    entries: Option<ReadDir>,
}

impl LocalLister {
    pub(crate) async fn open(folder: PathBuf) -> Result<Self, StoreError> {
        let opened = tokio::task::spawn_blocking(move || std::fs::read_dir(folder)).await;
        let entries = opened.map_err(|error| unavailable(&error))?.map_err(|error| unavailable(&error))?;
        Ok(Self { entries: Some(entries) })
    }
}

#[async_trait]
impl BlobLister for LocalLister {
    async fn next(&mut self) -> Result<Vec<StoredBlob>, StoreError> {
        let Some(mut entries) = self.entries.take() else { return Ok(vec![]) };
        let read = tokio::task::spawn_blocking(move || {
            let mut blobs = vec![];
            while blobs.len() < PAGE {
                let Some(entry) = entries.next() else { break };
                let entry = entry?;
                let Some(file) = entry.file_name().to_str().and_then(file_of) else { continue };
                // The file may have been removed meanwhile.
                let Ok(metadata) = entry.metadata() else { continue };
                blobs.extend(blob(file, &metadata));
            }
            Ok::<_, std::io::Error>((entries, blobs))
        });
        let (entries, blobs) =
            read.await.map_err(|error| unavailable(&error))?.map_err(|error| unavailable(&error))?;
        self.entries = Some(entries);
        Ok(blobs)
    }
}

fn blob(file: FileId, metadata: &std::fs::Metadata) -> Option<StoredBlob> {
    let written_at = Timestamp::new(OffsetDateTime::from(metadata.modified().ok()?))?;
    Some(StoredBlob { file, written_at, size: metadata.len() })
}

fn unavailable(error: &dyn std::error::Error) -> StoreError {
    StoreError::Unavailable(format!("can't read the folder of files: {error}"))
}
