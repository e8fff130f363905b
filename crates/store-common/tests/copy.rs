//! Copies of whole stores, from one database into another and back.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

mod broken;

use std::collections::BTreeSet;
use std::path::PathBuf;

use broken::{Altering, Fault, Faulty};
use contract::store::everything::fill;
use domain::file::FileReader;
use infra_postgres::PostgresStore;
use infra_sqlite::SqliteStore;
use store_common::copy::{Progress, Schema, Source, Step, Sum, Target, Value, copy, sums};
use store_common::tables::{Column, TABLES};
use tempfile::TempDir;

/// More than two batches.
const MESSAGES: u32 = 2_100;

/// The databases of a test.
struct Databases {
    folder: TempDir,
    postgres: infra_postgres::Options,
}

impl Databases {
    fn new() -> Self {
        let url = test_support::fresh_database().unwrap();
        let postgres = infra_postgres::Options { url, pool_size: 4, ca_file: None, prepare: true };
        Self { folder: tempfile::tempdir().unwrap(), postgres }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn sqlite_store(&self) -> SqliteStore {
        let options = infra_sqlite::Options { path: self.path("first.db"), readers: 1 };
        let store = SqliteStore::open(options).await.unwrap();
        store.migrate().await.unwrap();
        store
    }

    async fn postgres_store(&self) -> PostgresStore {
        let store = PostgresStore::open(&self.postgres).unwrap();
        store.migrate().await.unwrap();
        store
    }

    async fn sqlite(&self) -> Box<dyn Source> {
        infra_sqlite::source(self.path("first.db")).await.unwrap()
    }

    async fn postgres(&self) -> Box<dyn Source> {
        infra_postgres::source(&self.postgres).await.unwrap()
    }

    async fn to_postgres(&self) -> Box<dyn Target> {
        infra_postgres::target(&self.postgres).await.unwrap()
    }
}

/// Checks that every table reports its true number of rows.
#[derive(Default)]
struct Checked {
    left: u64,
    steps: Vec<(Step, &'static str)>,
}

impl Progress for Checked {
    fn begin(&mut self, step: Step, table: &'static str, rows: u64) {
        self.left = rows;
        self.steps.push((step, table));
    }

    fn advance(&mut self, rows: u64) {
        self.left -= rows;
    }

    fn end(&mut self) {
        assert_eq!(self.left, 0, "{:?}", self.steps.last());
    }
}

async fn copied(source: &mut dyn Source, target: Box<dyn Target>) -> Vec<Sum> {
    let mut progress = Checked::default();
    let sums = copy(source, target, &mut progress).await.unwrap();
    assert_eq!(progress.steps.len(), 2 * TABLES.len());
    sums
}

async fn failed(source: &mut dyn Source, target: Box<dyn Target>) -> String {
    format!("{:#}", copy(source, target, &mut Checked::default()).await.unwrap_err())
}

async fn is_empty(source: &mut dyn Source) -> bool {
    sums(source).await.unwrap().iter().all(|sum| sum.rows == 0)
}

fn known() -> Schema {
    let columns = |columns: &[Column]| -> BTreeSet<String> {
        columns.iter().map(|column| column.name.to_owned()).collect()
    };
    TABLES.iter().map(|table| (table.name.to_owned(), columns(table.columns))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_migrations_create_exactly_the_tables_and_columns_of_the_list() {
    let databases = Databases::new();
    databases.sqlite_store().await;
    databases.postgres_store().await;
    assert_eq!(databases.sqlite().await.schema().await.unwrap(), known());
    assert_eq!(databases.postgres().await.schema().await.unwrap(), known());
}

/// A copy must not pass for its source, whose uploaded files it would sweep.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_an_identity_of_its_own() {
    let databases = Databases::new();
    let original = databases.sqlite_store().await;
    fill(&original, 1).await;
    copied(&mut *databases.sqlite().await, databases.to_postgres().await).await;
    let original = original.file_store_state().await.unwrap();
    let copy = databases.postgres_store().await.file_store_state().await.unwrap();
    assert_ne!(original.database, copy.database);
    assert_eq!((original.changes, copy.changes), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_there_and_back_equals_the_source_in_every_column_of_every_row() {
    let databases = Databases::new();
    fill(&databases.sqlite_store().await, MESSAGES).await;
    let mut first = databases.sqlite().await;
    for table in TABLES {
        let rows = first.rows(table, None, 5_000).await.unwrap();
        for (place, column) in table.columns.iter().enumerate() {
            let full = rows.iter().any(|row| row[place] != Value::Null);
            assert!(full, "{}.{} is null everywhere: the copy of it is not tested", table.name, column.name);
        }
    }
    let there = copied(&mut *first, databases.to_postgres().await).await;
    assert_eq!(there, sums(&mut *first).await.unwrap());
    let rows = |table| there.iter().find(|sum| sum.table == table).unwrap().rows;
    assert_eq!((rows("messages"), rows("message_history")), (u64::from(MESSAGES) + 5, 2));
    let back = infra_sqlite::target(databases.path("second.db")).await.unwrap();
    assert_eq!(copied(&mut *databases.postgres().await, back).await, there);
    let mut second = infra_sqlite::source(databases.path("second.db")).await.unwrap();
    assert_eq!(sums(&mut *second).await.unwrap(), there);
    // Source and target may be of the same kind.
    let third = infra_sqlite::target(databases.path("third.db")).await.unwrap();
    assert_eq!(copied(&mut *second, third).await, there);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_written_after_a_copy_has_begun_are_not_copied() {
    for on_postgres in [false, true] {
        let databases = Databases::new();
        let (sqlite, postgres) = (databases.sqlite_store().await, databases.postgres_store().await);
        let mut source = if on_postgres { databases.postgres().await } else { databases.sqlite().await };
        if on_postgres {
            fill(&postgres, 0).await
        } else {
            fill(&sqlite, 0).await
        };
        let target = infra_sqlite::target(databases.path("copy.db")).await.unwrap();
        let sums = copied(&mut *source, target).await;
        assert!(sums.iter().all(|sum| sum.rows == 0), "{on_postgres}: {sums:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_fails_leaves_nothing_behind() {
    let databases = Databases::new();
    fill(&databases.sqlite_store().await, MESSAGES).await;
    let mut source = Faulty { inner: databases.sqlite().await, fault: Fault::ReadsOfMessages(2) };
    assert!(failed(&mut source, databases.to_postgres().await).await.contains("can't read messages"));
    assert!(is_empty(&mut *databases.postgres().await).await);
    source.fault = Fault::ReadsOfMessages(2);
    let target = infra_sqlite::target(databases.path("copy.db")).await.unwrap();
    failed(&mut source, target).await;
    let left: Vec<_> = std::fs::read_dir(databases.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("first.db"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_letter_that_differs_is_found_before_the_commit() {
    let databases = Databases::new();
    fill(&databases.sqlite_store().await, 0).await;
    let altering = Box::new(Altering { inner: databases.to_postgres().await });
    let error = failed(&mut *databases.sqlite().await, altering).await;
    assert!(error.contains("message_history came out different (2 rows of 2)"), "{error}");
    assert!(is_empty(&mut *databases.postgres().await).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_not_empty_is_rejected() {
    let databases = Databases::new();
    fill(&databases.sqlite_store().await, 0).await;
    copied(&mut *databases.sqlite().await, databases.to_postgres().await).await;
    let error = failed(&mut *databases.sqlite().await, databases.to_postgres().await).await;
    assert!(error.contains("the target has users already"), "{error}");
    let there = infra_sqlite::target(databases.path("first.db")).await.err().unwrap().to_string();
    assert!(there.contains("first.db exists"), "{there}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_another_version_is_rejected() {
    let databases = Databases::new();
    let store = databases.sqlite_store().await;
    let mut later = Faulty { inner: databases.sqlite().await, fault: Fault::UnknownMigration };
    let error = failed(&mut later, databases.to_postgres().await).await;
    assert!(error.contains("does not know the source's migrations 99990101000001"), "{error}");
    drop(later);
    store.revert().await.unwrap();
    let error = failed(&mut *databases.sqlite().await, databases.to_postgres().await).await;
    assert!(error.contains("the source lacks the migrations 2026"), "{error}");
}
