//! Garbage collection: bytes without a file record, and files that no message shows.

use std::collections::HashSet;
use std::sync::Arc;

use time::Duration;

use super::{BlobStore, FileReader, FileRemoval, KeptFile};
use crate::store::Store;
use crate::{Clock, Result};

/// An upload writes its bytes before its record exists, and at least this often.
const GRACE: Duration = Duration::hours(1);
/// The number of files read together.
const BATCH: u32 = 100;

/// Removes unreachable files and bytes; for the server's housekeeping and for operators.
pub struct CollectGarbage {
    pub(crate) files: Arc<dyn FileReader>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) unused_ttl: Option<Duration>,
}

/// The counts of what was removed, or would be in a dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    /// Files that no message showed for longer than the TTL.
    pub unused: u64,
    /// Blobs without a file record.
    pub orphaned: u64,
    /// The bytes of both together.
    pub bytes: u64,
}

impl CollectGarbage {
    /// Scans all files and blobs once and returns the counts. A dry run removes nothing.
    pub async fn execute(&self, dry_run: bool) -> Result<Collected> {
        let mut collected = Collected::default();
        if let Some(ttl) = self.unused_ttl {
            self.collect_unused(ttl, dry_run, &mut collected).await?;
        }
        self.collect_orphaned(dry_run, &mut collected).await?;
        Ok(collected)
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
                if !dry_run {
                    let mut work = self.store.begin().await?;
                    // A message may show it by this time.
                    if work.delete_file(file.id, file.uploaded_by.id).await? != FileRemoval::Removed {
                        continue;
                    }
                    work.commit().await?;
                    self.blobs.delete(file.id).await?;
                }
                collected.unused += 1;
                collected.bytes += file.size;
            }
        }
    }

    async fn collect_orphaned(&self, dry_run: bool, collected: &mut Collected) -> Result<()> {
        let before = self.clock.now().plus(-GRACE);
        let mut list = self.blobs.list().await?;
        loop {
            let blobs = list.next().await?;
            if blobs.is_empty() {
                return Ok(());
            }
            let old: Vec<_> = blobs.into_iter().filter(|blob| blob.written_at < before).collect();
            if old.is_empty() {
                continue;
            }
            let known = self.files.known_files(old.iter().map(|blob| blob.file).collect()).await?;
            let known: HashSet<_> = known.into_iter().collect();
            for blob in old.into_iter().filter(|blob| !known.contains(&blob.file)) {
                if !dry_run {
                    self.blobs.delete(blob.file).await?;
                }
                collected.orphaned += 1;
                collected.bytes += blob.size;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::file::{File, MockBlobLister, MockBlobStore, MockFileReader, StoredBlob};
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{at, clock, file, file_id, store, user_id};

    const HOUR: i64 = 3_600_000_000;

    fn listing(blobs: &mut MockBlobStore, found: Vec<StoredBlob>) {
        blobs.expect_list().times(1).return_once(|| {
            let (mut list, mut found) = (MockBlobLister::new(), Some(found));
            list.expect_next().returning(move || Ok(found.take().unwrap_or_default()));
            Ok(Box::new(list))
        });
    }

    /// Two old blobs, of which the first has a record, and a recent one.
    fn three_blobs() -> Vec<StoredBlob> {
        let blob = |n, written_at| StoredBlob { file: file_id(n), written_at: at(written_at), size: 10 };
        vec![blob(1, 1), blob(2, 1), blob(3, HOUR)]
    }

    fn expect_a_record_of_the_first(files: &mut MockFileReader) {
        files
            .expect_known_files()
            .with(eq(vec![file_id(1), file_id(2)]))
            .times(1)
            .returning(|_| Ok(vec![file_id(1)]));
    }

    #[tokio::test]
    async fn old_blobs_without_a_record_are_removed_and_a_dry_run_only_counts_them() {
        for dry_run in [true, false] {
            let (mut blobs, mut files) = (MockBlobStore::new(), MockFileReader::new());
            listing(&mut blobs, three_blobs());
            expect_a_record_of_the_first(&mut files);
            let times = usize::from(!dry_run);
            blobs.expect_delete().with(eq(file_id(2))).times(times).returning(|_| Ok(()));
            let collect = CollectGarbage {
                files: Arc::new(files),
                store: Arc::new(MockStore::new()),
                blobs: Arc::new(blobs),
                clock: clock(2 * HOUR),
                unused_ttl: None,
            };
            let found = collect.execute(dry_run).await.unwrap();
            assert_eq!(found, Collected { unused: 0, orphaned: 1, bytes: 10 });
        }
    }

    #[tokio::test]
    async fn files_that_no_message_shows_are_removed_after_their_ttl() {
        for (removal, unused) in [(FileRemoval::Removed, 1), (FileRemoval::InUse, 0)] {
            let (mut blobs, mut files) = (MockBlobStore::new(), MockFileReader::new());
            listing(&mut blobs, vec![]);
            // One that is shown, one that is unused, and one that is too recent.
            let kept = |n, shown, hours| KeptFile {
                file: File { created_at: at(hours * HOUR), ..file(n, 1) },
                shown,
            };
            let found = vec![kept(2, true, 0), kept(3, false, 0), kept(4, false, 1)];
            files.expect_files_after().with(eq(None), eq(BATCH)).times(1).return_once(|_, _| Ok(found));
            files
                .expect_files_after()
                .with(eq(Some(file_id(4))), eq(BATCH))
                .times(1)
                .returning(|_, _| Ok(vec![]));
            let mut work = MockUnitOfWork::new();
            work.expect_delete_file()
                .with(eq(file_id(3)), eq(user_id(1)))
                .times(1)
                .returning(move |_, _| Ok(removal));
            work.expect_commit().times(unused).returning(|| Ok(()));
            blobs.expect_delete().with(eq(file_id(3))).times(unused).returning(|_| Ok(()));
            let collect = CollectGarbage {
                files: Arc::new(files),
                store: store(work),
                blobs: Arc::new(blobs),
                clock: clock(3 * HOUR),
                unused_ttl: Some(Duration::hours(2)),
            };
            assert_eq!(collect.execute(false).await.unwrap().unused, u64::try_from(unused).unwrap());
        }
    }
}
