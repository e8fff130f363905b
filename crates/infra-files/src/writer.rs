//! Writing the bytes of a file, part by part.

use std::sync::Arc;

use async_trait::async_trait;
use domain::StoreError;
use domain::file::BlobWriter;
use object_store::{MultipartUpload, PutPayload};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::spool::Spool;
use crate::store_error;

/// Writes one file. It holds at most one chunk in memory; the caller waits until that is written.
pub(crate) struct ObjectWriter {
    /// `None` after `finish` and `abort`.
    pub(crate) upload: Option<Box<dyn MultipartUpload>>,
    pub(crate) pending: Vec<u8>,
    pub(crate) chunk: usize,
    /// Collects chunks until they make a part; without it each chunk is a part.
    pub(crate) spool: Option<Spool>,
    pub(crate) written: bool,
    pub(crate) writes: Arc<Semaphore>,
    pub(crate) runtime: Handle,
}

impl ObjectWriter {
    /// Waits for a permit to write.
    async fn permit(&mut self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        self.writes.clone().acquire_owned().await.ok()
    }

    /// Writes the pending chunk.
    async fn flush(&mut self) -> Result<(), StoreError> {
        let chunk = std::mem::take(&mut self.pending);
        let Some(spool) = &mut self.spool else {
            let _permit = self.permit().await;
            return self.put(chunk).await;
        };
        spool.append(chunk).await?;
        if spool.is_full() { self.put_spooled().await } else { Ok(()) }
    }

    /// Writes the content of the spool as a part. Only a writer with a permit holds a whole part in memory.
    async fn put_spooled(&mut self) -> Result<(), StoreError> {
        let _permit = self.permit().await;
        let Some(spool) = &mut self.spool else { return Ok(()) };
        let part = spool.take().await?;
        self.put(part).await
    }

    async fn put(&mut self, part: Vec<u8>) -> Result<(), StoreError> {
        let ended = || StoreError::Corrupt("the upload has ended".into());
        let upload = self.upload.as_mut().ok_or_else(ended)?;
        self.written = true;
        upload.put_part(PutPayload::from(part)).await.map_err(store_error)
    }
}

#[async_trait]
impl BlobWriter for ObjectWriter {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        let mut rest = bytes.as_slice();
        // All parts but the last have the same size, as some services require.
        while self.pending.len() + rest.len() >= self.chunk {
            let (head, tail) = rest.split_at(self.chunk - self.pending.len());
            self.pending.extend_from_slice(head);
            rest = tail;
            self.flush().await?;
        }
        if !rest.is_empty() && self.pending.capacity() == 0 {
            // Allocates the final size: growing would fragment the heap.
            self.pending.reserve_exact(self.chunk);
        }
        self.pending.extend_from_slice(rest);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        if let Some(spool) = self.spool.as_mut().filter(|spool| !spool.is_empty()) {
            spool.append(std::mem::take(&mut self.pending)).await?;
            self.put_spooled().await?;
        }
        let _permit = self.permit().await;
        // An empty file needs a part too.
        if !self.pending.is_empty() || !self.written {
            let part = std::mem::take(&mut self.pending);
            self.put(part).await?;
        }
        if let Some(upload) = self.upload.as_mut() {
            upload.complete().await.map_err(store_error)?;
        }
        self.upload = None;
        Ok(())
    }

    async fn abort(mut self: Box<Self>) -> Result<(), StoreError> {
        match self.upload.take() {
            Some(mut upload) => upload.abort().await.map_err(store_error),
            None => Ok(()),
        }
    }
}

impl Drop for ObjectWriter {
    /// Aborts an upload that is neither finished nor aborted: the request failed or was cancelled.
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            self.runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "an interrupted upload could not be removed; garbage collection will retry");
                }
            });
        }
    }
}
