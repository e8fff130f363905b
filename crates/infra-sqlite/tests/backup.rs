//! Backups and restores, and the files that a restore rejects.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use infra_sqlite::{Options, Restored, SqliteStore, back_up, restore};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    /// A folder with a migrated database.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.with_store(async |store| store.migrate().await.unwrap());
        folder
    }

    /// Runs work with a store, which is closed when its runtime ends.
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
fn a_backup_of_a_later_version_and_the_database_of_another_program_are_rejected() {
    let folder = Folder::new();
    back_up(&folder.path("parlor.db"), &folder.path("later"), false).unwrap();
    run(&folder.path("later"), "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')");
    let error = format!("{:#}", folder.restore("later").unwrap_err());
    assert!(error.contains("does not know its migrations 99990101000001"), "{error}");
    run(&folder.path("foreign"), "CREATE TABLE recipes (name TEXT)");
    let error = format!("{:#}", folder.restore("foreign").unwrap_err());
    assert!(error.contains("not a database of Parlor"), "{error}");
    assert!(!folder.path("former").exists());
}

#[test]
fn a_restored_backup_of_an_earlier_version_reports_its_pending_migrations() {
    let folder = Folder::new();
    folder.with_store(async |store| store.revert().await.unwrap());
    back_up(&folder.path("parlor.db"), &folder.path("earlier"), false).unwrap();
    assert_eq!(folder.restore("earlier").unwrap(), Restored { kept: true, pending: 1 });
    assert_eq!(folder.with_store(async |store| store.migrate().await.unwrap().len()), 1);
}

#[test]
fn rows_that_refer_to_missing_rows_are_damage() {
    let folder = Folder::new();
    back_up(&folder.path("parlor.db"), &folder.path("broken"), false).unwrap();
    run(
        &folder.path("broken"),
        "PRAGMA foreign_keys = OFF;
        INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES (x'01', x'02', 0, 0)",
    );
    let error = format!("{:#}", folder.restore("broken").unwrap_err());
    assert!(error.contains("is damaged: 1 rows refer to rows that do not exist"), "{error}");
}

#[test]
fn a_journal_without_its_database_is_rejected() {
    let folder = Folder::new();
    back_up(&folder.path("parlor.db"), &folder.path("backup"), false).unwrap();
    std::fs::remove_file(folder.path("parlor.db")).unwrap();
    std::fs::write(folder.path("parlor.db-wal"), "what was there before").unwrap();
    let error = folder.restore("backup").unwrap_err().to_string();
    assert!(error.contains("parlor.db-wal is in the way"), "{error}");
    std::fs::remove_file(folder.path("parlor.db-wal")).unwrap();
    assert_eq!(folder.restore("backup").unwrap(), Restored { kept: false, pending: 0 });
}
