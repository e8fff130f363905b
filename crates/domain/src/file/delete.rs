//! Deleting a file.

use std::sync::Arc;

use super::{BlobStore, FileRemoval};
use crate::account::Identity;
use crate::store::Store;
use crate::{FileId, Refusal, Result};

/// Deletes a file; for its uploader, while no message shows it.
pub struct DeleteFile {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn BlobStore>,
}

impl DeleteFile {
    /// Deletes the record, then the bytes. Bytes that remain are unreachable, and the garbage collection removes
    /// them. Rejects a shown file with [`Refusal::FileInUse`].
    pub async fn execute(&self, caller: Identity, file: FileId) -> Result<()> {
        let mut work = self.store.begin().await?;
        match work.delete_file(file, caller.user.id).await? {
            FileRemoval::Removed => work.commit().await?,
            FileRemoval::InUse => return Err(Refusal::FileInUse.into()),
            FileRemoval::Absent => return Err(Refusal::FileNotFound.into()),
        }
        let _left_to_garbage_collection = self.blobs.delete(file).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mockall::Sequence;
    use mockall::predicate::eq;

    use super::*;
    use crate::StoreError;
    use crate::file::MockBlobStore;
    use crate::store::MockUnitOfWork;
    use crate::testing::{caller, file_id, refusal, store, user_id};

    fn removing(removal: FileRemoval) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        work.expect_delete_file()
            .with(eq(file_id(3)), eq(user_id(1)))
            .times(1)
            .returning(move |_, _| Ok(removal));
        work
    }

    #[tokio::test]
    async fn the_bytes_are_deleted_after_the_record_and_a_failure_is_ignored() {
        for result in [Ok(()), Err(StoreError::Unavailable("away".into()))] {
            let mut order = Sequence::new();
            let mut work = removing(FileRemoval::Removed);
            work.expect_commit().times(1).in_sequence(&mut order).returning(|| Ok(()));
            let mut blobs = MockBlobStore::new();
            let expected = blobs.expect_delete().with(eq(file_id(3))).times(1).in_sequence(&mut order);
            expected.return_once(|_| result);
            let delete = DeleteFile { store: store(work), blobs: Arc::new(blobs) };
            delete.execute(caller(1), file_id(3)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_shown_file_and_one_of_another_user_are_not_deleted() {
        for (removal, refused) in
            [(FileRemoval::InUse, Refusal::FileInUse), (FileRemoval::Absent, Refusal::FileNotFound)]
        {
            let delete =
                DeleteFile { store: store(removing(removal)), blobs: Arc::new(MockBlobStore::new()) };
            assert_eq!(refusal(delete.execute(caller(1), file_id(3)).await), refused);
        }
    }
}
