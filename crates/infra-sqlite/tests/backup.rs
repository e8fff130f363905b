//! Which files may take a database's place.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use infra_sqlite::{Options, Restored, SqliteStore, back_up, restore};
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    /// A folder with a migrated database.
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.with_store(async |store| store.migrate().await.unwrap());
        place
    }

    /// Does something with a store, which is closed when its runtime ends.
    fn with_store<T>(&self, work: impl AsyncFnOnce(SqliteStore) -> T) -> T {
        let options = Options { path: self.path("parlor.db"), readers: 1 };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { work(SqliteStore::open(options).await.unwrap()).await })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn restore(&self, backup: &str) -> anyhow::Result<Restored> {
        restore(&self.path(backup), &self.path("parlor.db"), &self.path("former"))
    }
}

fn run(file: &Path, script: &str) {
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    connection.batch_execute(script).unwrap();
}

#[test]
fn a_backup_of_a_later_version_and_the_database_of_another_program_are_refused() {
    let place = Place::new();
    back_up(&place.path("parlor.db"), &place.path("later"), false).unwrap();
    run(&place.path("later"), "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')");
    let why = format!("{:#}", place.restore("later").unwrap_err());
    assert!(why.contains("does not know its migrations 99990101000001"), "{why}");
    run(&place.path("foreign"), "CREATE TABLE recipes (name TEXT)");
    let why = format!("{:#}", place.restore("foreign").unwrap_err());
    assert!(why.contains("not a database of Parlor"), "{why}");
    assert!(!place.path("former").exists());
}

#[test]
fn a_backup_of_an_earlier_version_is_restored_and_says_what_it_lacks() {
    let place = Place::new();
    place.with_store(async |store| store.revert().await.unwrap());
    back_up(&place.path("parlor.db"), &place.path("earlier"), false).unwrap();
    assert_eq!(place.restore("earlier").unwrap(), Restored { kept: true, pending: 1 });
    assert_eq!(place.with_store(async |store| store.migrate().await.unwrap().len()), 1);
}

#[test]
fn rows_that_name_others_that_are_not_there_are_damage() {
    let place = Place::new();
    back_up(&place.path("parlor.db"), &place.path("broken"), false).unwrap();
    run(
        &place.path("broken"),
        "PRAGMA foreign_keys = OFF;
        INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES (x'01', x'02', 0, 0)",
    );
    let why = format!("{:#}", place.restore("broken").unwrap_err());
    assert!(why.contains("is damaged: 1 rows refer to rows that do not exist"), "{why}");
}

#[test]
fn a_journal_without_its_database_is_in_the_way() {
    let place = Place::new();
    back_up(&place.path("parlor.db"), &place.path("backup"), false).unwrap();
    std::fs::remove_file(place.path("parlor.db")).unwrap();
    std::fs::write(place.path("parlor.db-wal"), "what was there before").unwrap();
    let why = place.restore("backup").unwrap_err().to_string();
    assert!(why.contains("parlor.db-wal is in the way"), "{why}");
    std::fs::remove_file(place.path("parlor.db-wal")).unwrap();
    assert_eq!(place.restore("backup").unwrap(), Restored { kept: false, pending: 0 });
}
