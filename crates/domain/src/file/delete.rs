//! Deleting a file.

use std::sync::Arc;

use super::{FileRemoval, FileStoreMarks, FileStoreState};
use crate::account::Identity;
use crate::store::{Store, UnitOfWork};
use crate::{Clock, FileId, Ports, Refusal, Result, Timestamp, UserId};

/// Deletes a file; for its uploader, while no message shows it.
#[derive(Clone)]
pub struct DeleteFile {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) marks: Arc<dyn FileStoreMarks>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl DeleteFile {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports { stored, file_marks, clock, .. } = ports;
        Self { store: stored.store.clone(), marks: file_marks.clone(), clock: clock.clone() }
    }

    /// Deletes the record, so that no reader finds the file. The bytes go to quarantine, from which the garbage collection
    /// removes them. Rejects a shown file with [`Refusal::FileInUse`].
    pub async fn execute(&self, caller: Identity, file: FileId) -> Result<()> {
        let now = self.clock.now();
        let work = self.store.begin_in(caller.session, now).await?;
        match self.remove_in(work, file, caller.user.id, now).await? {
            FileRemoval::Removed => Ok(()),
            FileRemoval::InUse => Err(Refusal::FileInUse.into()),
            FileRemoval::Absent => Err(Refusal::FileNotFound.into()),
        }
    }

    /// Deletes the record of a file of that uploader, where no message shows it.
    pub(super) async fn remove(&self, file: FileId, by: UserId) -> Result<FileRemoval> {
        self.remove_in(self.store.begin().await?, file, by, self.clock.now()).await
    }

    async fn remove_in(
        &self,
        mut work: Box<dyn UnitOfWork>,
        file: FileId,
        by: UserId,
        at: Timestamp,
    ) -> Result<FileRemoval> {
        let removal = work.delete_file(file, by, at).await?;
        if removal == FileRemoval::Removed {
            let state = work.count_change().await?;
            work.commit().await?;
            if let Some(FileStoreState { database, changes, .. }) = state {
                let _noted_with_the_next_change = self.marks.note_changes(database, changes).await;
            }
        }
        Ok(removal)
    }
}

#[cfg(test)]
mod tests {
    use mockall::Sequence;
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::file::MockFileStoreMarks;
    use crate::store::MockUnitOfWork;
    use crate::testing::{at, caller, clock, file_id, refusal, store, user_id};
    use crate::{DatabaseId, StoreError};

    fn removing(removal: FileRemoval) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        work.expect_delete_file()
            .with(eq(file_id(3)), eq(user_id(1)), eq(at(5)))
            .times(1)
            .returning(move |_, _, _| Ok(removal));
        work
    }

    #[tokio::test]
    async fn the_change_is_counted_and_noted_after_the_commit_and_a_failure_to_note_is_ignored() {
        for result in [Ok(()), Err(StoreError::Unavailable("away".into()))] {
            let mut order = Sequence::new();
            let mut work = removing(FileRemoval::Removed);
            let state = FileStoreState { database: DatabaseId(Uuid::nil()), changes: 8, sweep_after: None };
            let count = work.expect_count_change().times(1).in_sequence(&mut order);
            count.returning(move || Ok(Some(state)));
            work.expect_commit().times(1).in_sequence(&mut order).returning(|| Ok(()));
            let mut marks = MockFileStoreMarks::new();
            let note = marks.expect_note_changes().with(eq(state.database), eq(8)).times(1);
            note.in_sequence(&mut order).return_once(|_, _| result);
            let delete = DeleteFile { store: store(work), marks: Arc::new(marks), clock: clock(5) };
            delete.execute(caller(1), file_id(3)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_shown_file_and_one_of_another_user_are_not_deleted() {
        for (removal, refused) in
            [(FileRemoval::InUse, Refusal::FileInUse), (FileRemoval::Absent, Refusal::FileNotFound)]
        {
            let marks = Arc::new(MockFileStoreMarks::new());
            let delete = DeleteFile { store: store(removing(removal)), marks, clock: clock(5) };
            assert_eq!(refusal(delete.execute(caller(1), file_id(3)).await), refused);
        }
    }
}
