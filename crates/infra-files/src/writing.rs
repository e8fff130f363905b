//! Writing a file's bytes, a part at a time.

use std::sync::Arc;

use async_trait::async_trait;
use domain::StoreError;
use domain::file::BlobWriter;
use object_store::{MultipartUpload, PutPayload};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::store_error;

/// One file's bytes on their way. It holds one part in memory, no more: the next waits until that is put away.
pub(crate) struct ObjectWriter {
    /// Taken when it is over.
    upload: Option<Box<dyn MultipartUpload>>,
    pending: Vec<u8>,
    part: usize,
    written: bool,
    turns: Arc<Semaphore>,
    runtime: Handle,
}

impl ObjectWriter {
    pub(crate) fn new(
        upload: Box<dyn MultipartUpload>,
        part: usize,
        turns: Arc<Semaphore>,
        runtime: Handle,
    ) -> Self {
        Self { upload: Some(upload), pending: Vec::new(), part, written: false, turns, runtime }
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
        // Never closed, so a turn always comes.
        let _turn = self.turns.clone().acquire_owned().await.ok();
        let mut rest = chunk.as_slice();
        // Every part but the last has the same size, as some services demand.
        while self.pending.len() + rest.len() >= self.part {
            let (now, later) = rest.split_at(self.part - self.pending.len());
            self.pending.extend_from_slice(now);
            rest = later;
            let part = std::mem::take(&mut self.pending);
            self.put(part).await?;
        }
        self.pending.extend_from_slice(rest);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
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
