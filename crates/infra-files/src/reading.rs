//! Reading bytes, and listing what is kept.

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

use crate::{named_after, store_error};

/// How many are listed at once.
const LISTED: usize = 500;

/// A file's bytes, a piece after the other. The store's client reads ahead without bound, so what is asked for at once is
/// what a slow reader costs.
pub(crate) struct ObjectReader {
    store: Arc<dyn ObjectStore>,
    place: Path,
    /// What comes of the piece that was asked for last.
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    rest: Range<u64>,
    piece: u64,
}

impl ObjectReader {
    /// Asks for the first piece, so that a file which is not there is known at once.
    pub(crate) async fn open(
        store: Arc<dyn ObjectStore>,
        place: Path,
        range: Range<u64>,
        piece: u64,
    ) -> object_store::Result<Self> {
        let mut reader = Self { store, place, stream: stream::empty().boxed(), rest: range, piece };
        if reader.rest.is_empty() {
            // Stores know no empty range; whether the file is there is answered without one.
            reader.store.head(&reader.place).await?;
        } else {
            reader.ask().await?;
        }
        Ok(reader)
    }

    async fn ask(&mut self) -> object_store::Result<()> {
        let end = self.rest.end.min(self.rest.start.saturating_add(self.piece));
        let range = Some(GetRange::Bounded(self.rest.start..end));
        let found = self.store.get_opts(&self.place, GetOptions { range, ..GetOptions::default() }).await?;
        self.stream = found.into_stream();
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
            self.ask().await.map_err(store_error)?;
        }
    }
}

/// What a service keeps. It is asked once more after the end, which not every stream bears.
pub(crate) struct StreamLister(pub(crate) Fuse<BoxStream<'static, object_store::Result<ObjectMeta>>>);

#[async_trait]
impl BlobLister for StreamLister {
    async fn next(&mut self) -> Result<Vec<StoredBlob>, StoreError> {
        let mut found = vec![];
        while found.len() < LISTED {
            let Some(object) = self.0.next().await else { break };
            let object = object.map_err(store_error)?;
            // What is not named after a file is not ours to touch.
            let Some(file) = object.location.filename().and_then(named_after) else { continue };
            let micros = object.last_modified.timestamp_micros();
            let written_at = Timestamp::from_unix_micros(micros);
            found.extend(written_at.map(|written_at| StoredBlob { file, written_at, size: object.size }));
        }
        Ok(found)
    }
}

/// What a folder keeps, what uploads left behind included.
pub(crate) struct LocalLister {
    entries: Option<ReadDir>,
}

impl LocalLister {
    pub(crate) async fn open(folder: PathBuf) -> Result<Self, StoreError> {
        let opened = tokio::task::spawn_blocking(move || std::fs::read_dir(folder)).await;
        let entries = opened.map_err(|error| away(&error))?.map_err(|error| away(&error))?;
        Ok(Self { entries: Some(entries) })
    }
}

#[async_trait]
impl BlobLister for LocalLister {
    async fn next(&mut self) -> Result<Vec<StoredBlob>, StoreError> {
        let Some(mut entries) = self.entries.take() else { return Ok(vec![]) };
        let read = tokio::task::spawn_blocking(move || {
            let mut found = vec![];
            while found.len() < LISTED {
                let Some(entry) = entries.next() else { break };
                let entry = entry?;
                let Some(file) = entry.file_name().to_str().and_then(named_after) else { continue };
                // One that is gone by now needs no removing.
                let Ok(about) = entry.metadata() else { continue };
                found.extend(blob(file, &about));
            }
            Ok::<_, std::io::Error>((entries, found))
        });
        let (entries, found) = read.await.map_err(|error| away(&error))?.map_err(|error| away(&error))?;
        self.entries = Some(entries);
        Ok(found)
    }
}

fn blob(file: FileId, about: &std::fs::Metadata) -> Option<StoredBlob> {
    let written_at = Timestamp::new(OffsetDateTime::from(about.modified().ok()?))?;
    Some(StoredBlob { file, written_at, size: about.len() })
}

fn away(error: &dyn std::error::Error) -> StoreError {
    StoreError::Unavailable(format!("the folder of files can't be read: {error}"))
}
