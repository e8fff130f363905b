//! Garbage collection: files that no message shows and bytes without a file go to quarantine, and are removed after it.

use std::collections::HashSet;
use std::sync::Arc;

use time::Duration;

use super::{BlobStore, DeleteFile, FileReader, FileRemoval, FileStore, KeptFile, Ownership};
use crate::store::Store;
use crate::{Clock, DatabaseId, Result, Timestamp};

/// An upload writes its bytes before its record exists, and at least this often.
const GRACE: Duration = Duration::hours(1);
/// The number of files read together.
const BATCH: u32 = 100;

/// Puts unreachable files and bytes in quarantine, and removes those whose quarantine is over; for the server's
/// housekeeping and for operators.
pub struct CollectGarbage {
    pub(crate) files: Arc<dyn FileReader>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) file_store: FileStore,
    pub(crate) delete: DeleteFile,
    pub(crate) unused_ttl: Option<Duration>,
    pub(crate) quarantine: Duration,
}

/// The outcome of a garbage collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// It ran.
    Done(Collected),
    /// It did nothing: the database was restored, or got the store from another one, a short time ago.
    Waiting {
        /// The time at which it runs again.
        until: Timestamp,
    },
    /// It did nothing: the store belongs to another database.
    Foreign {
        /// The id of that database.
        owner: DatabaseId,
    },
}

/// The counts of what was found, or would be in a dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    /// Files that no message showed for longer than the TTL, which went to quarantine.
    pub unused: u64,
    /// Blobs without a file record, which went to quarantine.
    pub orphaned: u64,
    /// The bytes of both together.
    pub bytes: u64,
    /// Files whose quarantine was over, and whose bytes are removed.
    pub removed: u64,
}

impl CollectGarbage {
    /// Scans all files and blobs once and returns the counts. Does nothing in a store of another database, or soon after
    /// a restore. A dry run changes nothing.
    pub async fn execute(&self, dry_run: bool) -> Result<Collection> {
        let file_store = &self.file_store;
        match if dry_run { file_store.ownership().await? } else { file_store.check().await? } {
            Ownership::Foreign { owner } => return Ok(Collection::Foreign { owner }),
            Ownership::Waiting { until } => return Ok(Collection::Waiting { until }),
            Ownership::Own | Ownership::Unmarked => {}
        }
        let mut collected = Collected::default();
        if let Some(ttl) = self.unused_ttl {
            self.collect_unused(ttl, dry_run, &mut collected).await?;
        }
        self.collect_orphaned(dry_run, &mut collected).await?;
        collected.removed = self.remove_quarantined(dry_run).await?;
        Ok(Collection::Done(collected))
    }

    async fn collect_unused(&self, ttl: Duration, dry_run: bool, collected: &mut Collected) -> Result<()> {
        let before = self.clock.now().plus(-ttl);
        let mut after = None;
        loop {
            let kept = self.files.files_after(after, BATCH).await?;
            let Some(last) = kept.last() else { return Ok(()) };
            after = Some(last.file.id);
            let unused = kept.into_iter().filter(|kept| !kept.shown && kept.file.created_at < before);
            for KeptFile { file, .. } in unused {
                // A message may show it by this time.
                if !dry_run && self.delete.remove(file.id, file.uploaded_by.id).await? != FileRemoval::Removed
                {
                    continue;
                }
                collected.unused += 1;
                collected.bytes += file.size;
            }
        }
    }

    async fn collect_orphaned(&self, dry_run: bool, collected: &mut Collected) -> Result<()> {
        let now = self.clock.now();
        let before = now.plus(-GRACE);
        let mut list = self.blobs.list().await?;
        loop {
            let blobs = list.next().await?;
            if blobs.is_empty() {
                return Ok(());
            }
            let mut old: Vec<_> = blobs.into_iter().filter(|blob| blob.written_at < before).collect();
            if old.is_empty() {
                continue;
            }
            let known = self.files.known_files(old.iter().map(|blob| blob.file).collect()).await?;
            let known: HashSet<_> = known.into_iter().collect();
            old.retain(|blob| !known.contains(&blob.file));
            if !dry_run && !old.is_empty() {
                let mut work = self.store.begin().await?;
                work.quarantine(old.iter().map(|blob| blob.file).collect(), now).await?;
                work.commit().await?;
            }
            collected.orphaned += old.len() as u64;
            collected.bytes += old.iter().map(|blob| blob.size).sum::<u64>();
        }
    }

    /// Removes the bytes of files whose quarantine is over; returns their number.
    async fn remove_quarantined(&self, dry_run: bool) -> Result<u64> {
        let since = self.clock.now().plus(-self.quarantine);
        if dry_run {
            return Ok(self.files.count_quarantined(since).await?);
        }
        let mut removed = 0;
        loop {
            let over = self.files.quarantined_since(since, BATCH).await?;
            if over.is_empty() {
                return Ok(removed);
            }
            for file in over {
                // Interrupted in between, it is repeated.
                self.blobs.delete(file).await?;
                let mut work = self.store.begin().await?;
                work.forget_removed(file).await?;
                work.commit().await?;
                removed += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::file::{
        File, FileStoreMarks, FileStoreState, MockBlobLister, MockBlobStore, MockFileReader,
        MockFileStoreMarks, StoredBlob,
    };
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{at, clock, file, file_id, user_id};

    const HOUR: i64 = 3_600_000_000;

    /// A collection in the store of database 1, which belongs to `owner` and waits until that time.
    struct Setup {
        files: MockFileReader,
        blobs: MockBlobStore,
        store: MockStore,
        marks: MockFileStoreMarks,
    }

    fn setup(owner: u128, waits_until: Option<i64>) -> Setup {
        let database = |n| DatabaseId(Uuid::from_u128(n));
        let state = FileStoreState { database: database(1), changes: 0, sweep_after: waits_until.map(at) };
        let (mut files, mut marks) = (MockFileReader::new(), MockFileStoreMarks::new());
        files.expect_file_store_state().times(2).returning(move || Ok(state));
        marks.expect_owner().times(1).returning(move || Ok(Some(database(owner))));
        marks.expect_changes().times(1).returning(|_| Ok(0));
        Setup { files, blobs: MockBlobStore::new(), store: MockStore::new(), marks }
    }

    impl Setup {
        fn expect(&mut self, work: MockUnitOfWork) {
            self.store.expect_begin().times(1).return_once(|| Ok(Box::new(work)));
        }

        /// Lists these blobs.
        fn expect_list(&mut self, found: Vec<StoredBlob>) {
            self.blobs.expect_list().times(1).return_once(|| {
                let (mut list, mut found) = (MockBlobLister::new(), Some(found));
                list.expect_next().returning(move || Ok(found.take().unwrap_or_default()));
                Ok(Box::new(list))
            });
        }

        /// Finds nothing whose quarantine of an hour is over.
        fn expect_nothing_over(&mut self, now: i64) {
            let over = self.files.expect_quarantined_since().with(eq(at(now - HOUR)), eq(BATCH)).times(1);
            over.returning(|_, _| Ok(vec![]));
        }

        fn collect(self, now: i64, unused_ttl: Option<Duration>) -> CollectGarbage {
            let Self { files, blobs, store, marks } = self;
            let (files, blobs): (Arc<dyn FileReader>, Arc<dyn BlobStore>) =
                (Arc::new(files), Arc::new(blobs));
            let (store, marks): (Arc<dyn Store>, Arc<dyn FileStoreMarks>) =
                (Arc::new(store), Arc::new(marks));
            CollectGarbage {
                file_store: FileStore::new(
                    files.clone(),
                    store.clone(),
                    blobs.clone(),
                    marks.clone(),
                    clock(now),
                ),
                delete: DeleteFile { store: store.clone(), marks, clock: clock(now) },
                files,
                store,
                blobs,
                clock: clock(now),
                unused_ttl,
                quarantine: Duration::HOUR,
            }
        }
    }

    #[tokio::test]
    async fn a_store_of_another_database_or_of_one_just_restored_is_not_touched() {
        for dry_run in [false, true] {
            let owner = DatabaseId(Uuid::from_u128(2));
            let collect = setup(2, None).collect(5, Some(Duration::HOUR));
            assert_eq!(collect.execute(dry_run).await.unwrap(), Collection::Foreign { owner });
            let collect = setup(1, Some(6)).collect(5, Some(Duration::HOUR));
            assert_eq!(collect.execute(dry_run).await.unwrap(), Collection::Waiting { until: at(6) });
        }
    }

    #[tokio::test]
    async fn old_blobs_without_a_record_go_to_quarantine_and_a_dry_run_only_counts_them() {
        for dry_run in [true, false] {
            let mut setup = setup(1, None);
            // Two old blobs, of which the first has a record, and a recent one.
            let blob = |n, written_at| StoredBlob { file: file_id(n), written_at: at(written_at), size: 10 };
            setup.expect_list(vec![blob(1, 1), blob(2, 1), blob(3, HOUR)]);
            let known = setup.files.expect_known_files().with(eq(vec![file_id(1), file_id(2)])).times(1);
            known.returning(|_| Ok(vec![file_id(1)]));
            let removed = if dry_run {
                let count = setup.files.expect_count_quarantined().with(eq(at(HOUR))).times(1);
                count.returning(|_| Ok(4));
                4
            } else {
                let mut work = MockUnitOfWork::new();
                let quarantine =
                    work.expect_quarantine().with(eq(vec![file_id(2)]), eq(at(2 * HOUR))).times(1);
                quarantine.returning(|_, _| Ok(()));
                work.expect_commit().times(1).returning(|| Ok(()));
                setup.expect(work);
                setup.expect_nothing_over(2 * HOUR);
                0
            };
            let found = setup.collect(2 * HOUR, None).execute(dry_run).await.unwrap();
            assert_eq!(found, Collection::Done(Collected { unused: 0, orphaned: 1, bytes: 10, removed }));
        }
    }

    #[tokio::test]
    async fn files_that_no_message_shows_go_to_quarantine_after_their_ttl() {
        for (removal, unused) in [(FileRemoval::Removed, 1), (FileRemoval::InUse, 0)] {
            let mut setup = setup(1, None);
            setup.expect_list(vec![]);
            setup.expect_nothing_over(3 * HOUR);
            // One that is shown, one that is unused, and one that is too recent.
            let kept = |n, shown, hours| KeptFile {
                file: File { created_at: at(hours * HOUR), ..file(n, 1) },
                shown,
            };
            let found = vec![kept(2, true, 0), kept(3, false, 0), kept(4, false, 1)];
            let files = &mut setup.files;
            files.expect_files_after().with(eq(None), eq(BATCH)).times(1).return_once(|_, _| Ok(found));
            let after = files.expect_files_after().with(eq(Some(file_id(4))), eq(BATCH)).times(1);
            after.returning(|_, _| Ok(vec![]));
            let mut work = MockUnitOfWork::new();
            let delete = work.expect_delete_file().with(eq(file_id(3)), eq(user_id(1)), eq(at(3 * HOUR)));
            delete.times(1).returning(move |_, _, _| Ok(removal));
            let state = FileStoreState { database: DatabaseId(Uuid::nil()), changes: 8, sweep_after: None };
            work.expect_count_change().times(unused).returning(move || Ok(Some(state)));
            work.expect_commit().times(unused).returning(|| Ok(()));
            setup.expect(work);
            let note = setup.marks.expect_note_changes().with(eq(state.database), eq(8)).times(unused);
            note.returning(|_, _| Ok(()));
            let collect = setup.collect(3 * HOUR, Some(Duration::hours(2)));
            let Collection::Done(collected) = collect.execute(false).await.unwrap() else { panic!() };
            assert_eq!(collected.unused, u64::try_from(unused).unwrap());
        }
    }

    #[tokio::test]
    async fn bytes_are_removed_once_their_quarantine_is_over() {
        let mut setup = setup(1, None);
        setup.expect_list(vec![]);
        let mut batches = vec![vec![], vec![file_id(7)], vec![file_id(5), file_id(6)]];
        let over = setup.files.expect_quarantined_since().with(eq(at(HOUR)), eq(BATCH)).times(3);
        over.returning(move |_, _| Ok(batches.pop().unwrap()));
        for n in [5, 6, 7] {
            setup.blobs.expect_delete().with(eq(file_id(n))).times(1).returning(|_| Ok(()));
            let mut work = MockUnitOfWork::new();
            work.expect_forget_removed().with(eq(file_id(n))).times(1).returning(|_| Ok(()));
            work.expect_commit().times(1).returning(|| Ok(()));
            setup.expect(work);
        }
        let found = setup.collect(2 * HOUR, None).execute(false).await.unwrap();
        assert_eq!(found, Collection::Done(Collected { removed: 3, ..Collected::default() }));
    }
}
