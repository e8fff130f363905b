//! Downloading a file.

use std::ops::Range;
use std::sync::Arc;

use super::{BlobReader, BlobStore, File, FileReader};
use crate::account::Identity;
use crate::{FileId, Refusal, Result, StoreError};

/// Returns files to their uploaders, and to members of a room where a message that is not deleted shows them.
pub struct DownloadFile {
    pub(crate) files: Arc<dyn FileReader>,
    pub(crate) blobs: Arc<dyn BlobStore>,
}

impl DownloadFile {
    /// Returns the record of a file; [`Refusal::FileNotFound`] where the caller may not have it.
    pub async fn find(&self, caller: &Identity, file: FileId) -> Result<File> {
        Ok(self.files.file(file, caller.user.id).await?.ok_or(Refusal::FileNotFound)?)
    }

    /// Reads a range of the bytes of a file that [`find`](Self::find) returned to the caller. The range must lie
    /// within the file and not be empty.
    pub async fn open(
        &self,
        caller: &Identity,
        file: FileId,
        range: Range<u64>,
    ) -> Result<Box<dyn BlobReader>> {
        if let Some(reader) = self.blobs.read(file, range).await? {
            return Ok(reader);
        }
        // The file may have been deleted since `find`.
        self.find(caller, file).await?;
        Err(StoreError::Corrupt(format!("the bytes of file {file} are gone")).into())
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::Error;
    use crate::file::{MockBlobReader, MockBlobStore, MockFileReader};
    use crate::testing::{caller, file, file_id, refusal, user_id};

    fn download(found: Option<File>, blobs: MockBlobStore) -> DownloadFile {
        let mut files = MockFileReader::new();
        files.expect_file().with(eq(file_id(3)), eq(user_id(1))).times(1).return_once(move |_, _| Ok(found));
        DownloadFile { files: Arc::new(files), blobs: Arc::new(blobs) }
    }

    #[tokio::test]
    async fn a_permitted_caller_reads_the_requested_range() {
        let mut blobs = MockBlobStore::new();
        blobs
            .expect_read()
            .with(eq(file_id(3)), eq(2..4))
            .times(1)
            .returning(|_, _| Ok(Some(Box::new(MockBlobReader::new()))));
        let download = download(Some(file(3, 2)), blobs);
        download.find(&caller(1), file_id(3)).await.unwrap();
        assert!(download.open(&caller(1), file_id(3), 2..4).await.is_ok());
    }

    #[tokio::test]
    async fn a_file_deleted_in_between_is_not_found_but_missing_bytes_of_an_existing_one_are_an_error() {
        for found in [None, Some(file(3, 2))] {
            let deleted = found.is_none();
            let mut blobs = MockBlobStore::new();
            blobs.expect_read().with(eq(file_id(3)), eq(0..1)).times(1).returning(|_, _| Ok(None));
            let download = download(found, blobs);
            match download.open(&caller(1), file_id(3), 0..1).await.err() {
                Some(Error::Refused(Refusal::FileNotFound)) => assert!(deleted),
                Some(Error::Store(StoreError::Corrupt(_))) => assert!(!deleted),
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn the_file_does_not_exist_for_other_callers() {
        let download = download(None, MockBlobStore::new());
        assert_eq!(refusal(download.find(&caller(1), file_id(3)).await), Refusal::FileNotFound);
    }
}
