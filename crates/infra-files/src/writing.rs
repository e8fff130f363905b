//! Writing a file's bytes, a part at a time.

use std::sync::Arc;

use async_trait::async_trait;
use domain::StoreError;
use domain::file::BlobWriter;
use object_store::{MultipartUpload, PutPayload};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::spool::Spool;
use crate::store_error;

/// One file's bytes on their way. It holds one piece in memory, no more: the next waits until that is put away.
pub(crate) struct ObjectWriter {
    /// Taken when it is over.
    pub(crate) upload: Option<Box<dyn MultipartUpload>>,
    pub(crate) pending: Vec<u8>,
    pub(crate) piece: usize,
    /// Where pieces lie until they make a part that the store takes; without it each is one.
    pub(crate) spool: Option<Spool>,
    pub(crate) written: bool,
    pub(crate) turns: Arc<Semaphore>,
    pub(crate) runtime: Handle,
}

impl ObjectWriter {
    /// Waits until it may put something away.
    async fn turn(&mut self) -> Option<OwnedSemaphorePermit> {
        // Never closed, so a turn always comes.
        self.turns.clone().acquire_owned().await.ok()
    }

    /// Puts the pending piece away.
    async fn pass_on(&mut self) -> Result<(), StoreError> {
        let piece = std::mem::take(&mut self.pending);
        let Some(spool) = &mut self.spool else {
            let _turn = self.turn().await;
            return self.put(piece).await;
        };
        spool.append(piece).await?;
        if spool.is_full() { self.put_spooled().await } else { Ok(()) }
    }

    /// Makes a part of what has gathered. Only who has a turn holds a whole part in memory.
    async fn put_spooled(&mut self) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        let Some(spool) = &mut self.spool else { return Ok(()) };
        let part = spool.take().await?;
        self.put(part).await
    }

    async fn put(&mut self, part: Vec<u8>) -> Result<(), StoreError> {
        let over = || StoreError::Corrupt("the upload is over".into());
        let upload = self.upload.as_mut().ok_or_else(over)?;
        self.written = true;
        upload.put_part(PutPayload::from(part)).await.map_err(store_error)
    }
}

#[async_trait]
impl BlobWriter for ObjectWriter {
    async fn write(&mut self, chunk: Vec<u8>) -> Result<(), StoreError> {
        let mut rest = chunk.as_slice();
        // Every part but the last has the same size, as some services demand.
        while self.pending.len() + rest.len() >= self.piece {
            let (now, later) = rest.split_at(self.piece - self.pending.len());
            self.pending.extend_from_slice(now);
            rest = later;
            self.pass_on().await?;
        }
        if !rest.is_empty() && self.pending.capacity() == 0 {
            // At once what it will be: a buffer that grows leaves its smaller selves behind.
            self.pending.reserve_exact(self.piece);
        }
        self.pending.extend_from_slice(rest);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        if let Some(spool) = self.spool.as_mut().filter(|spool| !spool.is_empty()) {
            spool.append(std::mem::take(&mut self.pending)).await?;
            self.put_spooled().await?;
        }
        let _turn = self.turn().await;
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
    /// Whoever gave it up, or was given up, in the middle.
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            self.runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "an upload that broke off could not be removed; the clean-up finds it");
                }
            });
        }
    }
}
