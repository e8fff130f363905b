//! Whole stores, from one database into another and back.
#![expect(clippy::unwrap_used, reason = "a test whose world is not as it set it up has failed")]

mod broken;

use std::collections::BTreeSet;
use std::path::PathBuf;

use broken::{Deaf, Forger, Upgraded};
use contract::store::everything::fill;
use infra_postgres::PostgresStore;
use infra_sqlite::SqliteStore;
use table_copy::{Progress, Schema, Source, Step, Sum, TABLES, Target, Value, copy, sums};
use tempfile::TempDir;

/// More than two batches.
const MESSAGES: u32 = 2_100;

/// Databases of a test's own.
struct World {
    folder: TempDir,
    postgres: infra_postgres::Options,
}

impl World {
    fn new() -> Self {
        let url = test_support::fresh_database().unwrap();
        let postgres = infra_postgres::Options { url, pool_size: 4, ca_file: None };
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

/// Hears nothing, but that every table has its turn and says truly how much there is.
#[derive(Default)]
struct Told {
    left: u64,
    turns: Vec<(Step, &'static str)>,
}

impl Progress for Told {
    fn begin(&mut self, step: Step, table: &'static str, rows: u64) {
        self.left = rows;
        self.turns.push((step, table));
    }

    fn advance(&mut self, rows: u64) {
        self.left -= rows;
    }

    fn end(&mut self) {
        assert_eq!(self.left, 0, "{:?}", self.turns.last());
    }
}

async fn copied(source: &mut dyn Source, target: Box<dyn Target>) -> Vec<Sum> {
    let mut told = Told::default();
    let sums = copy(source, target, &mut told).await.unwrap();
    assert_eq!(told.turns.len(), 2 * TABLES.len());
    sums
}

async fn failed(source: &mut dyn Source, target: Box<dyn Target>) -> String {
    format!("{:#}", copy(source, target, &mut Told::default()).await.unwrap_err())
}

async fn is_empty(source: &mut dyn Source) -> bool {
    sums(source).await.unwrap().iter().all(|sum| sum.rows == 0)
}

fn known() -> Schema {
    let columns = |columns: &[table_copy::Column]| -> BTreeSet<String> {
        columns.iter().map(|column| column.name.to_owned()).collect()
    };
    TABLES.iter().map(|table| (table.name.to_owned(), columns(table.columns))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_and_column_of_the_migrations_is_known() {
    let world = World::new();
    world.sqlite_store().await;
    world.postgres_store().await;
    assert_eq!(world.sqlite().await.schema().await.unwrap(), known());
    assert_eq!(world.postgres().await.schema().await.unwrap(), known());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_there_and_back_again_is_the_same_in_every_column_of_every_row() {
    let world = World::new();
    fill(&world.sqlite_store().await, MESSAGES).await;
    let mut first = world.sqlite().await;
    for table in TABLES {
        let rows = first.rows(table, None, 5_000).await.unwrap();
        for (place, column) in table.columns.iter().enumerate() {
            let full = rows.iter().any(|row| row[place] != Value::Null);
            assert!(full, "{}.{} is empty everywhere: nothing is tested of it", table.name, column.name);
        }
    }
    let there = copied(&mut *first, world.to_postgres().await).await;
    assert_eq!(there, sums(&mut *first).await.unwrap());
    let rows = |table| there.iter().find(|sum| sum.table == table).unwrap().rows;
    assert_eq!((rows("messages"), rows("message_history")), (u64::from(MESSAGES) + 5, 2));
    let back = infra_sqlite::target(world.path("second.db")).await.unwrap();
    assert_eq!(copied(&mut *world.postgres().await, back).await, there);
    let mut second = infra_sqlite::source(world.path("second.db")).await.unwrap();
    assert_eq!(sums(&mut *second).await.unwrap(), there);
    // One kind of database is enough for a copy, too.
    let third = infra_sqlite::target(world.path("third.db")).await.unwrap();
    assert_eq!(copied(&mut *second, third).await, there);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_after_a_copy_has_begun_is_not_copied() {
    for on_postgres in [false, true] {
        let world = World::new();
        let (sqlite, postgres) = (world.sqlite_store().await, world.postgres_store().await);
        let mut source = if on_postgres { world.postgres().await } else { world.sqlite().await };
        if on_postgres {
            fill(&postgres, 0).await
        } else {
            fill(&sqlite, 0).await
        };
        let target = infra_sqlite::target(world.path("copy.db")).await.unwrap();
        let sums = copied(&mut *source, target).await;
        assert!(sums.iter().all(|sum| sum.rows == 0), "{on_postgres}: {sums:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_breaks_off_leaves_nothing_behind() {
    let world = World::new();
    fill(&world.sqlite_store().await, MESSAGES).await;
    let mut source = Deaf { inner: world.sqlite().await, table: "messages", answers: 2 };
    assert!(failed(&mut source, world.to_postgres().await).await.contains("can't read messages"));
    assert!(is_empty(&mut *world.postgres().await).await);
    source.answers = 2;
    let target = infra_sqlite::target(world.path("copy.db")).await.unwrap();
    failed(&mut source, target).await;
    let left: Vec<_> = std::fs::read_dir(world.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("first.db"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_letter_that_comes_out_different_is_found_before_the_commit() {
    let world = World::new();
    fill(&world.sqlite_store().await, 0).await;
    let forger = Box::new(Forger { inner: world.to_postgres().await });
    let why = failed(&mut *world.sqlite().await, forger).await;
    assert!(why.contains("message_history came out different (2 rows of 2)"), "{why}");
    assert!(is_empty(&mut *world.postgres().await).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_empty_target_is_filled() {
    let world = World::new();
    fill(&world.sqlite_store().await, 0).await;
    copied(&mut *world.sqlite().await, world.to_postgres().await).await;
    let why = failed(&mut *world.sqlite().await, world.to_postgres().await).await;
    assert!(why.contains("the target has users already"), "{why}");
    let there = infra_sqlite::target(world.path("first.db")).await.err().unwrap().to_string();
    assert!(there.contains("first.db exists"), "{there}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_another_version_is_refused() {
    let world = World::new();
    let store = world.sqlite_store().await;
    let mut later = Upgraded { inner: world.sqlite().await };
    let why = failed(&mut later, world.to_postgres().await).await;
    assert!(why.contains("does not know the source's migrations 99990101000001"), "{why}");
    drop(later);
    store.revert().await.unwrap();
    let why = failed(&mut *world.sqlite().await, world.to_postgres().await).await;
    assert!(why.contains("the source lacks the migrations 2026"), "{why}");
}
