//! Collects the next part of an upload on disk, until it is large enough for the service.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::PathBuf;

use domain::StoreError;

/// An anonymous temporary file, which disappears however the upload or the process ends.
pub(crate) struct Spool {
    folder: PathBuf,
    /// Size of a part.
    part: usize,
    /// Created with the first bytes: few uploads are larger than a chunk.
    file: Option<File>,
    length: usize,
}

impl Spool {
    pub(crate) fn new(folder: PathBuf, part: usize) -> Self {
        Self { folder, part, file: None, length: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Returns true with enough bytes for a part.
    pub(crate) fn is_full(&self) -> bool {
        self.length >= self.part
    }

    pub(crate) async fn append(&mut self, chunk: Vec<u8>) -> Result<(), StoreError> {
        let (file, folder, length) = (self.file.take(), self.folder.clone(), chunk.len());
        let write = move || {
            let mut file = match file {
                Some(file) => file,
                None => std::fs::create_dir_all(&folder).and_then(|()| tempfile::tempfile_in(&folder))?,
            };
            file.write_all(&chunk)?;
            Ok(file)
        };
        self.file = Some(self.blocking(write).await?);
        self.length += length;
        Ok(())
    }

    /// Returns all bytes and empties the spool.
    pub(crate) async fn take(&mut self) -> Result<Vec<u8>, StoreError> {
        let Some(mut file) = self.file.take() else { return Ok(vec![]) };
        let length = std::mem::take(&mut self.length);
        let read = move || {
            let mut part = vec![0; length];
            file.rewind()?;
            file.read_exact(&mut part)?;
            // The next part overwrites this one: allocating new blocks would slow down the syncs of a database.
            file.rewind()?;
            Ok((file, part))
        };
        let (file, part) = self.blocking(read).await?;
        self.file = Some(file);
        Ok(part)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let result = tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other).flatten();
        result.map_err(|error| {
            let folder = self.folder.display();
            StoreError::Unavailable(format!(
                "can't store an upload in {folder} ({error}): free some space there, or set PARLOR_DATA_DIR"
            ))
        })
    }
}
