//! Backups: one consistent file of a database that others go on writing to; and the way back.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use anyhow::{Context, ensure};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use tempfile::NamedTempFile;

use crate::migrations;
use crate::plain::{ensure_no_journal, folder_of, open, publish, snapshot, sync_folder};

/// Writes all that is in the database when this begins into one file that only its owner may read; answers how many
/// bytes that are. Servers may go on meanwhile. Blocks its thread.
pub fn back_up(database: &Path, to: &Path, replace: bool) -> anyhow::Result<u64> {
    let same = to.canonicalize().is_ok_and(|to| database.canonicalize().is_ok_and(|from| from == to));
    ensure!(!same, "{} is the database itself: name another file", to.display());
    ensure!(replace || !to.exists(), "{} exists: name another file, or say --force", to.display());
    ensure_no_journal(to)?;
    let file = snapshot(database, folder_of(to))?;
    let bytes = file.as_file().metadata()?.len();
    publish(file, to, replace)?;
    Ok(bytes)
}

/// What became of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Whether there was a database before, which is kept aside.
    pub kept: bool,
    /// How many migrations the restored one lacks yet.
    pub pending: usize,
}

/// Puts a backup in the place of the database, all at once, and keeps the former one under the name `aside`. Refuses
/// while anybody has it open, and a backup that is damaged or of a later version. Blocks its thread.
pub fn restore(backup: &Path, database: &Path, aside: &Path) -> anyhow::Result<Restored> {
    // Not the link would be replaced, but what it leads to.
    let database = &database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let folder = folder_of(database);
    std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let file = snapshot(backup, folder)?;
    let pending = known_migrations(&file).with_context(|| format!("can't restore {}", backup.display()))?;
    if !database.exists() {
        ensure_no_journal(database)?;
        publish(file, database, false)?;
        return Ok(Restored { kept: false, pending });
    }
    give_like(&database.metadata()?, &file)?;
    let held = hold(database)?;
    ensure_no_journal(database)?;
    // Two names of one file, and then one of them for the other: at no moment is there no database.
    std::fs::hard_link(database, aside)
        .with_context(|| format!("can't keep the former database as {}", aside.display()))?;
    if let Err(error) = publish(file, database, true) {
        std::fs::remove_file(aside)?;
        return Err(error);
    }
    sync_folder(folder_of(aside))?;
    drop(held);
    Ok(Restored { kept: true, pending })
}

/// How many migrations the file lacks; fails where it is not ours, or newer than we are.
fn known_migrations(file: &NamedTempFile) -> anyhow::Result<usize> {
    let connection = &mut open(file.path())?;
    let unknown = migrations::unknown(connection)?;
    ensure!(
        unknown.is_empty(),
        "this program does not know its migrations {}: restore it with the version that wrote it, or a later one",
        unknown.join(", ")
    );
    let known = migrations::status(connection)?;
    ensure!(known.iter().any(|migration| migration.applied), "it is no database of Parlor's");
    Ok(known.iter().filter(|migration| !migration.applied).count())
}

/// Owner and mode as before: whoever restores need not be the user that serves.
fn give_like(former: &Metadata, file: &NamedTempFile) -> anyhow::Result<()> {
    let ours = file.as_file().metadata()?;
    if (ours.uid(), ours.gid()) != (former.uid(), former.gid()) {
        chown(file.path(), Some(former.uid()), Some(former.gid()))
            .context("can't give the database to its former owner; restore as that user")?;
    }
    file.as_file().set_permissions(former.permissions())?;
    Ok(())
}

/// A connection beside which there is no other, on a database that is one file. Leaving WAL mode takes that nobody else
/// has it open, and empties the journal into it; whoever comes afterwards waits for the lock.
fn hold(database: &Path) -> anyhow::Result<SqliteConnection> {
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
