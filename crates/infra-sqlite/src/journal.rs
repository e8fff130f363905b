//! The journal (WAL), which is copied into the file beside the writer: a commit that copied it would delay every sender by tens of
//! milliseconds.

use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Object, Pool};
use diesel::sql_types::Integer;
use diesel::{QueryableByName, SqliteConnection};
use domain::StoreError;
use store_common::rows::Row;
use store_common::statement::sql;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::errors::unavailable;
use crate::opening::Opener;
use crate::pool::blocking;
use crate::query::one;

/// The number of pages (32 MB) at which the journal is copied: the more there are, the more often a page was written that is copied
/// once.
pub(crate) const LONG: i32 = 8_000;
/// The time from a write to the look at the journal.
const PERIOD: Duration = Duration::from_millis(100);

const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";
const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";

/// The task that copies the journal; it ends when this is dropped.
pub(crate) struct Journal {
    writes: Arc<Notify>,
    _copying: JoinSet<()>,
}

impl Journal {
    /// Starts to copy the journal by a connection beside the writer, whenever it has so many pages.
    pub(crate) fn start(beside: Pool<Opener>, writer: Pool<Opener>, long: i32) -> Self {
        let (writes, mut copying) = (Arc::new(Notify::new()), JoinSet::new());
        let written = writes.clone();
        copying.spawn(async move {
            loop {
                written.notified().await;
                tokio::time::sleep(PERIOD).await;
                if let Err(error) = copy_if_long(&beside, &writer, long).await {
                    // The writer does it itself once the journal is twice as long.
                    tracing::warn!(%error, "the journal of the database could not be copied");
                }
            }
        });
        Self { writes, _copying: copying }
    }

    /// Notes that the database is about to be written to.
    pub(crate) fn note_write(&self) {
        self.writes.notify_one();
    }
}

/// If the journal was in use, the number of its pages, and of those that are copied already.
#[derive(QueryableByName)]
struct JournalRow {
    #[diesel(sql_type = Integer)]
    busy: i32,
    #[diesel(sql_type = Integer)]
    log: i32,
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

impl Row for JournalRow {
    type Value = Self;

    fn value(self) -> Result<Self, StoreError> {
        Ok(self)
    }
}

/// Copies all of the journal into the file and empties it. Returns `false` where something reads an earlier state.
pub(crate) fn empty(writer: &mut SqliteConnection) -> Result<bool, StoreError> {
    let row = one::<JournalRow>(writer, sql("PRAGMA wal_checkpoint(TRUNCATE)"))?;
    Ok(row.is_some_and(|row| row.busy == 0))
}

async fn copy_if_long(beside: &Pool<Opener>, writer: &Pool<Opener>, long: i32) -> Result<(), StoreError> {
    let mut connection = beside.get().await.map_err(unavailable)?;
    let copied = blocking(move || {
        let waiting = one::<JournalRow>(&mut connection, sql(LOOK))?.map(|row| row.log - row.checkpointed);
        if waiting.is_none_or(|pages| pages < long) {
            return Ok(false);
        }
        one::<JournalRow>(&mut connection, sql(COPY))?;
        Ok(true)
    })
    .await?;
    if copied {
        // The few pages that were written meanwhile: with none left, the next commit begins at the start of the journal.
        let mut writer: Object<Opener> = writer.get().await.map_err(unavailable)?;
        blocking(move || one::<JournalRow>(&mut writer, sql(COPY))).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::errors::store_error;
    use crate::opening::Purpose;
    use crate::pool::pool;

    #[tokio::test]
    async fn a_long_journal_is_copied_beside_the_writer_and_restarts_with_the_next_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parlor.db");
        let open = |purpose| pool(&path, 1, purpose).unwrap();
        let (writer, beside) = (open(Purpose::Writing), open(Purpose::Reading));
        let write = async |journal: Option<&Journal>, text: &'static str| {
            let mut connection = writer.get().await.unwrap();
            if let Some(journal) = journal {
                journal.note_write();
            }
            blocking(move || connection.batch_execute(text).map_err(store_error)).await.unwrap();
        };
        let pages = async || {
            let mut connection = beside.get().await.unwrap();
            let row = blocking(move || one::<JournalRow>(&mut connection, sql(LOOK))).await;
            let row = row.unwrap().unwrap();
            (row.log, row.checkpointed)
        };
        write(None, "CREATE TABLE kept (n BLOB); INSERT INTO kept VALUES (zeroblob(100000))").await;
        let (before, copied) = pages().await;
        assert!(before > 20 && copied == 0, "{before} pages, {copied} of them copied");
        let journal = Journal::start(beside.clone(), writer.clone(), 20);
        write(Some(&journal), "INSERT INTO kept VALUES (zeroblob(9))").await;
        let (mut all, mut copied) = pages().await;
        while copied < all {
            tokio::time::sleep(Duration::from_millis(5)).await;
            (all, copied) = pages().await;
        }
        write(Some(&journal), "INSERT INTO kept VALUES (zeroblob(9))").await;
        let (after, _) = pages().await;
        assert!(after < before, "{after} pages after {before}");
    }
}
