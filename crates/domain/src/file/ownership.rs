//! The database that a file store belongs to: sweeps of any other one are refused, and those of a database that was
//! restored wait.

use std::sync::Arc;

use time::Duration;

use super::{BlobStore, FileReader, FileStoreMarks};
use crate::store::Store;
use crate::{Clock, DatabaseId, Result, Timestamp};

/// The time for which no sweep runs after a restore.
const DELAY: Duration = Duration::days(1);

/// The relation between a file store and a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// The store is not marked yet.
    Unmarked,
    /// The store belongs to the database.
    Own,
    /// The store belongs to the database, which was restored a short time ago: no sweep runs before `until`.
    Waiting {
        /// The time at which sweeps run again.
        until: Timestamp,
    },
    /// The store belongs to another database.
    Foreign {
        /// The id of that database.
        owner: DatabaseId,
    },
}

/// The file store and its marks.
#[derive(Clone)]
pub struct FileStore {
    files: Arc<dyn FileReader>,
    store: Arc<dyn Store>,
    blobs: Arc<dyn BlobStore>,
    marks: Arc<dyn FileStoreMarks>,
    clock: Arc<dyn Clock>,
}

/// The findings in the marks and in the database.
struct Found {
    ownership: Ownership,
    database: DatabaseId,
    /// The number of changes that the database noted in the store.
    noted: u64,
    /// The database has counted less than that.
    restored: bool,
}

impl FileStore {
    /// Takes the ports that it needs.
    #[must_use]
    pub fn new(
        files: Arc<dyn FileReader>,
        store: Arc<dyn Store>,
        blobs: Arc<dyn BlobStore>,
        marks: Arc<dyn FileStoreMarks>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { files, store, blobs, marks, clock }
    }

    /// Returns whose the store is, without changing anything.
    pub async fn ownership(&self) -> Result<Ownership> {
        Ok(self.find().await?.ownership)
    }

    /// Returns whose the store is; one that is not marked becomes the database's own. Where this shows that the database
    /// was restored, or that an unmarked store has files already, sweeps wait for a day.
    pub async fn check(&self) -> Result<Ownership> {
        let Found { ownership, database, noted, restored } = self.find().await?;
        match ownership {
            Ownership::Unmarked => {
                let used = !self.blobs.list().await?.next().await?.is_empty();
                let ownership = if used { self.delay(noted).await? } else { Ownership::Own };
                self.marks.set_owner(database).await?;
                Ok(ownership)
            }
            Ownership::Waiting { .. } if restored => self.delay(noted).await,
            _ => Ok(ownership),
        }
    }

    /// Makes the store the database's own, and lets its sweeps wait for a day. Returns the database that it belonged to,
    /// if that is another one.
    pub async fn adopt(&self) -> Result<Option<DatabaseId>> {
        let Found { ownership, database, noted, .. } = self.find().await?;
        self.delay(noted).await?;
        self.marks.set_owner(database).await?;
        Ok(match ownership {
            Ownership::Foreign { owner } => Some(owner),
            _ => None,
        })
    }

    async fn find(&self) -> Result<Found> {
        let database = self.files.file_store_state().await?.database;
        let owner = self.marks.owner().await?;
        let noted = self.marks.changes(database).await?;
        // A server notes what it has committed: read after the note, the database can't have counted less.
        let state = self.files.file_store_state().await?;
        let (now, restored) = (self.clock.now(), state.changes < noted);
        let until = if restored { Some(now.plus(DELAY)) } else { state.sweep_after };
        let ownership = match (owner, until) {
            (None, _) => Ownership::Unmarked,
            (Some(owner), _) if owner != database => Ownership::Foreign { owner },
            (Some(_), Some(until)) if until > now => Ownership::Waiting { until },
            (Some(_), _) => Ownership::Own,
        };
        Ok(Found { ownership, database, noted, restored })
    }

    async fn delay(&self, noted: u64) -> Result<Ownership> {
        let until = self.clock.now().plus(DELAY);
        let mut work = self.store.begin().await?;
        work.delay_sweeps(until, noted).await?;
        work.commit().await?;
        Ok(Ownership::Waiting { until })
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::file::{
        FileStoreState, MockBlobLister, MockBlobStore, MockFileReader, MockFileStoreMarks, StoredBlob,
    };
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{at, clock, file_id, sessionless};

    const DAY: i64 = 86_400_000_000;

    fn database(n: u128) -> DatabaseId {
        DatabaseId(Uuid::from_u128(n))
    }

    /// The marks of a store of that owner, in which database 1 noted so many changes last.
    fn marks(owner: Option<u128>, noted: u64) -> MockFileStoreMarks {
        let mut marks = MockFileStoreMarks::new();
        marks.expect_owner().times(1).returning(move || Ok(owner.map(database)));
        marks.expect_changes().with(eq(database(1))).times(1).returning(move |_| Ok(noted));
        marks
    }

    /// The same marks; expects the store to become that of database 1.
    fn marking(owner: Option<u128>, noted: u64) -> MockFileStoreMarks {
        let mut marks = marks(owner, noted);
        marks.expect_set_owner().with(eq(database(1))).times(1).returning(|_| Ok(()));
        marks
    }

    /// The store with these marks, of which database 1 counted so many changes.
    fn file_store(marks: MockFileStoreMarks, changes: u64, waits_until: Option<i64>) -> FileStore {
        let mut files = MockFileReader::new();
        let sweep_after = waits_until.map(at);
        let state = FileStoreState { database: database(1), changes, sweep_after };
        files.expect_file_store_state().times(2).returning(move || Ok(state));
        FileStore {
            files: Arc::new(files),
            store: Arc::new(MockStore::new()),
            blobs: Arc::new(MockBlobStore::new()),
            marks: Arc::new(marks),
            clock: clock(5),
        }
    }

    /// Lets sweeps wait for a day.
    fn delaying(of: FileStore, noted: u64) -> FileStore {
        let mut work = MockUnitOfWork::new();
        let delay = work.expect_delay_sweeps().with(eq(at(5 + DAY)), eq(noted)).times(1);
        delay.returning(|_, _| Ok(()));
        work.expect_commit().times(1).returning(|| Ok(()));
        FileStore { store: sessionless([work]), ..of }
    }

    #[tokio::test]
    async fn a_store_belongs_to_the_database_that_marked_it() {
        for (owner, ownership) in
            [(Some(1), Ownership::Own), (Some(2), Ownership::Foreign { owner: database(2) })]
        {
            assert_eq!(file_store(marks(owner, 7), 7, None).check().await.unwrap(), ownership);
            assert_eq!(file_store(marks(owner, 7), 8, Some(5)).ownership().await.unwrap(), ownership);
        }
    }

    #[tokio::test]
    async fn a_database_that_counts_less_than_it_noted_was_restored_and_its_sweeps_wait_for_a_day() {
        let until = Ownership::Waiting { until: at(5 + DAY) };
        assert_eq!(file_store(marks(Some(1), 7), 6, None).ownership().await.unwrap(), until);
        assert_eq!(delaying(file_store(marks(Some(1), 7), 6, None), 7).check().await.unwrap(), until);
        // It has caught up, and the delay goes on.
        let until = Ownership::Waiting { until: at(9) };
        assert_eq!(file_store(marks(Some(1), 7), 7, Some(9)).check().await.unwrap(), until);
    }

    #[tokio::test]
    async fn an_unmarked_store_becomes_the_databases_own_and_sweeps_wait_where_it_has_files() {
        for used in [false, true] {
            let mut blobs = MockBlobStore::new();
            blobs.expect_list().times(1).returning(move || {
                let mut list = MockBlobLister::new();
                let found = StoredBlob { file: file_id(1), written_at: at(1), size: 1 };
                let found = if used { vec![found] } else { vec![] };
                list.expect_next().times(1).return_once(move || Ok(found));
                Ok(Box::new(list))
            });
            let unmarked = FileStore { blobs: Arc::new(blobs), ..file_store(marking(None, 0), 0, None) };
            let (unmarked, ownership) = if used {
                (delaying(unmarked, 0), Ownership::Waiting { until: at(5 + DAY) })
            } else {
                (unmarked, Ownership::Own)
            };
            assert_eq!(unmarked.check().await.unwrap(), ownership);
        }
        assert_eq!(file_store(marks(None, 0), 0, None).ownership().await.unwrap(), Ownership::Unmarked);
    }

    #[tokio::test]
    async fn an_adopted_store_belongs_to_the_database_and_its_sweeps_wait() {
        for (owner, former) in [(Some(2), Some(database(2))), (Some(1), None), (None, None)] {
            let adopting = delaying(file_store(marking(owner, 3), 0, None), 3);
            assert_eq!(adopting.adopt().await.unwrap(), former);
        }
    }
}
