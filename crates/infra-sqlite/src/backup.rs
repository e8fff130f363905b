//! Backups: one consistent file of a database that is being written to; and their restoration.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use anyhow::{Context, ensure};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use store_common::statement::sql;
use tempfile::NamedTempFile;

use crate::database_file::{ensure_no_journal, folder_of, open, publish, snapshot, sync_folder};
use crate::migrations;
use crate::query::number;

/// Writes the database as it is when this begins into one file that only its owner may read; returns its size in bytes.
/// Servers may run meanwhile. Blocks its thread.
pub fn back_up(database: &Path, to: &Path, replace: bool) -> anyhow::Result<u64> {
    let same = to.canonicalize().is_ok_and(|to| database.canonicalize().is_ok_and(|from| from == to));
    ensure!(!same, "{} is the database itself: name another file", to.display());
    ensure!(replace || !to.exists(), "{} exists: name another file, or use --force", to.display());
    ensure_no_journal(to)?;
    let file = snapshot(database, folder_of(to))?;
    let bytes = file.as_file().metadata()?.len();
    publish(file, to, replace)?;
    Ok(bytes)
}

/// The result of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// `true` where there was a database before, which is kept aside.
    pub kept: bool,
    /// The number of migrations that the restored database lacks.
    pub pending: usize,
}

/// Replaces the database by a backup, atomically, and keeps the former one under the name `aside`. Fails while another
/// program has the database open, and where the backup is damaged or of a later version. Blocks its thread.
pub fn restore(backup: &Path, database: &Path, aside: &Path) -> anyhow::Result<Restored> {
    // A symbolic link stays, and its target is replaced.
    let database = &database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let folder = folder_of(database);
    std::fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
    let file = snapshot(backup, folder)?;
    let pending = pending_migrations(&file).with_context(|| format!("can't restore {}", backup.display()))?;
    begin_epoch(&file)?;
    if !database.exists() {
        ensure_no_journal(database)?;
        publish(file, database, false)?;
        return Ok(Restored { kept: false, pending });
    }
    copy_owner_and_mode(&database.metadata()?, &file)?;
    let lock = lock(database)?;
    ensure_no_journal(database)?;
    // A second name for the file, and then the rename: at every moment there is a database.
    std::fs::hard_link(database, aside)
        .with_context(|| format!("can't keep the former database as {}", aside.display()))?;
    if let Err(error) = publish(file, database, true) {
        std::fs::remove_file(aside)?;
        return Err(error);
    }
    sync_folder(folder_of(aside))?;
    drop(lock);
    Ok(Restored { kept: true, pending })
}

/// Returns the number of migrations that the file lacks; fails where it is not a database of Parlor, or newer than this
/// program.
fn pending_migrations(file: &NamedTempFile) -> anyhow::Result<usize> {
    let connection = &mut open(file.path())?;
    let migrations = migrations::known()?;
    let unknown = migrations.unknown(connection)?;
    ensure!(
        unknown.is_empty(),
        "this program does not know its migrations {}: restore it with the version that wrote it, or a later one",
        unknown.join(", ")
    );
    let known = migrations.status(connection)?;
    ensure!(known.iter().any(|migration| migration.applied), "it is not a database of Parlor");
    Ok(known.iter().filter(|migration| !migration.applied).count())
}

/// Begins a history of its own: numbers of changes are used again from here on, and clients have cursors with the former ones.
fn begin_epoch(file: &NamedTempFile) -> anyhow::Result<()> {
    let connection = &mut open(file.path())?;
    let clock = "SELECT count(*) AS n FROM sqlite_schema WHERE name = 'change_clock'";
    if number(connection, sql(clock))? > 0 {
        connection.batch_execute("UPDATE change_clock SET epoch = random() & 4294967295")?;
        file.as_file().sync_all()?;
    }
    Ok(())
}

/// Copies owner and mode from the former database: the user who restores need not be the one that runs the server.
fn copy_owner_and_mode(former: &Metadata, file: &NamedTempFile) -> anyhow::Result<()> {
    let ours = file.as_file().metadata()?;
    if (ours.uid(), ours.gid()) != (former.uid(), former.gid()) {
        chown(file.path(), Some(former.uid()), Some(former.gid()))
            .context("can't give the database to its former owner; restore as that user")?;
    }
    file.as_file().set_permissions(former.permissions())?;
    Ok(())
}

/// Opens the only connection to a database, which becomes one file: leaving WAL mode fails while another connection is
/// open, and merges the journal into the file; later connections wait for the lock.
fn lock(database: &Path) -> anyhow::Result<SqliteConnection> {
    let advice = || {
        format!(
            "can't take {} over: stop the server that has it open; if it is damaged, move it and the files beside it \
             (-wal, -shm) away",
            database.display()
        )
    };
    let mut connection = open(database)?;
    connection.batch_execute("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE").with_context(advice)?;
    let mode: JournalRow = sql_query("PRAGMA journal_mode").get_result(&mut connection)?;
    ensure!(mode.journal_mode == "delete", advice());
    Ok(connection)
}

#[derive(QueryableByName)]
struct JournalRow {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}
