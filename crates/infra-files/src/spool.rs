//! Where an upload's next part gathers on this machine's disk, while it is too small for the service.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::PathBuf;

use domain::StoreError;

/// A file without a name: however the upload ends, or the process, nothing of it stays.
pub(crate) struct Spool {
    folder: PathBuf,
    /// How large a part is.
    part: usize,
    /// Made when the first bytes come: few uploads are larger than a piece.
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

    /// Whether there is enough for a part.
    pub(crate) fn is_full(&self) -> bool {
        self.length >= self.part
    }

    pub(crate) async fn append(&mut self, piece: Vec<u8>) -> Result<(), StoreError> {
        let (file, folder, length) = (self.file.take(), self.folder.clone(), piece.len());
        let write = move || {
            let mut file = match file {
                Some(file) => file,
                None => std::fs::create_dir_all(&folder).and_then(|()| tempfile::tempfile_in(&folder))?,
            };
            file.write_all(&piece)?;
            Ok(file)
        };
        self.file = Some(self.blocking(write).await?);
        self.length += length;
        Ok(())
    }

    /// All that has gathered; it is empty afterwards.
    pub(crate) async fn take(&mut self) -> Result<Vec<u8>, StoreError> {
        let Some(mut file) = self.file.take() else { return Ok(vec![]) };
        let length = std::mem::take(&mut self.length);
        let read = move || {
            let mut part = vec![0; length];
            file.rewind()?;
            file.read_exact(&mut part)?;
            // The next part takes the place of this one: no new blocks, for which a database's syncs would wait.
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
        let done = tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other).flatten();
        done.map_err(|error| {
            let folder = self.folder.display();
            StoreError::Unavailable(format!(
                "an upload can't gather in {folder} ({error}): make room there, or set PARLOR_DATA_DIR"
            ))
        })
    }
}
