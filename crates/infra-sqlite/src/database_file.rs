//! The database as a file: connections outside the pool, and copies.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use store_common::statement::sql;
use tempfile::NamedTempFile;

use crate::query::number;

/// Opens an existing database as it is; never creates one.
pub(crate) fn open(path: &Path) -> anyhow::Result<SqliteConnection> {
    let whole = path.canonicalize().with_context(|| format!("there is no database {}", path.display()))?;
    let whole = whole.to_str().context("the database path must be valid UTF-8")?;
    let escaped = whole.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let opened = SqliteConnection::establish(&format!("file:{escaped}?mode=rw"));
    let mut connection = opened.with_context(|| format!("can't open the database {}", path.display()))?;
    connection.batch_execute("PRAGMA busy_timeout = 1500; PRAGMA foreign_keys = ON")?;
    Ok(connection)
}

/// Copies the database as it is when this begins, verified, into an unnamed file that only its owner may read. Others may
/// read and write meanwhile.
pub(crate) fn snapshot(of: &Path, folder: &Path) -> anyhow::Result<NamedTempFile> {
    let mut connection = open(of)?;
    let file = temporary(folder)?;
    let place = file.path().canonicalize()?;
    let place = place.to_str().context("the path must be valid UTF-8")?;
    sql_query("VACUUM INTO ?1")
        .bind::<Text, _>(place)
        .execute(&mut connection)
        .with_context(|| format!("can't copy the database {}", of.display()))?;
    verify(&mut open(file.path())?).with_context(|| format!("{} is damaged", of.display()))?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Creates an empty file in that folder, for its owner only, which is removed unless it is published.
pub(crate) fn temporary(folder: &Path) -> anyhow::Result<NamedTempFile> {
    let made = tempfile::Builder::new().prefix(".parlor-").suffix(".partial").tempfile_in(folder);
    made.with_context(|| format!("can't write into the folder {}", folder.display()))
}

/// Gives a finished file its name, atomically; fails where that name exists, unless `replace` is set.
pub(crate) fn publish(file: NamedTempFile, name: &Path, replace: bool) -> anyhow::Result<()> {
    let given = if replace { file.persist(name) } else { file.persist_noclobber(name) };
    given.map_err(|error| error.error).with_context(|| format!("can't create {}", name.display()))?;
    sync_folder(folder_of(name))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> anyhow::Result<()> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .with_context(|| format!("can't sync the folder {}", folder.display()))
}

/// Returns the folder of a file.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Fails where a journal lies beside that name: SQLite would apply it to any file of the name.
pub(crate) fn ensure_no_journal(database: &Path) -> anyhow::Result<()> {
    for suffix in ["-wal", "-shm", "-journal"] {
        let mut journal = database.as_os_str().to_owned();
        journal.push(suffix);
        let journal = PathBuf::from(journal);
        ensure!(
            !journal.exists(),
            "{} is in the way: stop the program that uses it; if there is none, move the file away",
            journal.display()
        );
    }
    Ok(())
}

/// Fails where the database is corrupt.
fn verify(connection: &mut SqliteConnection) -> anyhow::Result<()> {
    let found: Vec<IntegrityRow> = sql_query("PRAGMA integrity_check(1)").load(connection)?;
    match found.first() {
        Some(row) if row.integrity_check == "ok" => {}
        Some(row) => bail!("its integrity check reports: {}", row.integrity_check),
        None => bail!("its integrity check reports nothing"),
    }
    let broken = number(connection, sql("SELECT count(*) AS n FROM pragma_foreign_key_check"))?;
    ensure!(broken == 0, "{broken} rows refer to rows that do not exist");
    Ok(())
}

#[derive(QueryableByName)]
struct IntegrityRow {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}
