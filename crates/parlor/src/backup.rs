//! `parlor backup` and `parlor restore`: the SQLite database and, on request, uploaded files.
#![expect(clippy::print_stdout, reason = "the output of commands goes to standard output")]

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use domain::file::{BlobStore, FileStoreMarks};
use infra_files::ObjectBlobs;
use time::macros::format_description;

use crate::settings::{Database, Settings};
use crate::wiring;

/// `parlor backup`
pub(crate) async fn back_up(
    settings: &Settings,
    file: PathBuf,
    force: bool,
    with_files: bool,
) -> anyhow::Result<()> {
    let Database::Sqlite(database) = settings.database() else {
        bail!(
            "the database is PostgreSQL, use its own tool: \
             pg_dump --format=custom --no-owner --file=parlor.dump \"$DATABASE_URL\"; see docs/backup.md"
        );
    };
    let (from, to) = (database.clone(), file.clone());
    let bytes = tokio::task::spawn_blocking(move || infra_sqlite::back_up(&from, &to, force)).await??;
    println!("wrote {}: {bytes} bytes, verified", file.display());
    let folder = files_beside(&file);
    if with_files {
        // Uploads are as private as the database.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("can't create the folder {}", folder.display()))?;
        // Every file that the backup refers to was stored before it, and files never change.
        copy_files(settings, &settings.files_url, &local(&folder)).await?;
    } else {
        println!(
            "uploaded files are not in it: they are in {}; --with-files copies them to {}",
            settings.files_url,
            folder.display()
        );
    }
    Ok(())
}

/// `parlor restore`
pub(crate) async fn restore(settings: &Settings, file: PathBuf, with_files: bool) -> anyhow::Result<()> {
    let Database::Sqlite(database) = settings.database() else {
        bail!(
            "the database is PostgreSQL, use its own tool: \
             pg_restore --no-owner --single-transaction --dbname=\"$DATABASE_URL\" parlor.dump, into an \
             empty database; see docs/backup.md"
        );
    };
    let folder = files_beside(&file);
    if with_files {
        ensure!(folder.is_dir(), "there is no folder {}: restore without --with-files", folder.display());
        copy_files(settings, &local(&folder), &settings.files_url).await?;
    }
    let now = wiring::clock().now().as_datetime();
    let stamp =
        now.format(format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:3]Z"))?;
    let aside = beside(&database, &format!(".before-{stamp}"));
    let (to, kept) = (database.clone(), aside.clone());
    let restoring = tokio::task::spawn_blocking(move || infra_sqlite::restore(&file, &to, &kept));
    let restored = restoring.await??;
    println!("restored {}", database.display());
    match delay_sweeps(settings).await {
        Ok(()) => println!("nothing in {} is removed for a day", settings.files_url),
        Err(error) => {
            println!("{} can't be marked, so removed files may go at once: {error:#}", settings.files_url);
        }
    }
    if restored.kept {
        println!("the previous database is kept as {}", aside.display());
    }
    if restored.pending > 0 {
        println!("{} migrations are pending: `parlor serve` runs them", restored.pending);
    }
    if !with_files {
        println!("uploaded files in {} were not changed", settings.files_url);
    }
    Ok(())
}

/// Notes one more change than the database can have counted, so that sweeps wait, and operators have the time to see
/// what the backup lacks. An unmarked store makes them wait by itself.
async fn delay_sweeps(settings: &Settings) -> anyhow::Result<()> {
    let blobs = wiring::blobs(settings)?;
    if let Some(owner) = blobs.owner().await? {
        blobs.note_changes(owner, blobs.changes(owner).await?.saturating_add(1)).await?;
    }
    Ok(())
}

/// Returns the folder for the uploaded files of a backup.
fn files_beside(backup: &Path) -> PathBuf {
    beside(backup, ".files")
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn local(folder: &Path) -> String {
    format!("file://{}", folder.display())
}

/// Copies the files that the target does not have.
async fn copy_files(settings: &Settings, from: &str, to: &str) -> anyhow::Result<()> {
    let open = |url| ObjectBlobs::open(url, &settings.data_dir);
    let source = open(from).with_context(|| format!("can't read the files in {from}"))?;
    let target = open(to).with_context(|| format!("can't write the files to {to}"))?;
    let (mut copied, mut existing, mut bytes) = (0, 0, 0);
    let mut list = source.list().await?;
    loop {
        let blobs = list.next().await?;
        if blobs.is_empty() {
            break;
        }
        for blob in blobs {
            if target.read(blob.file, 0..0).await?.is_some() {
                existing += 1;
                continue;
            }
            // A file that was deleted or is not complete is in no backup either.
            let Some(mut reader) = source.read(blob.file, 0..blob.size).await? else { continue };
            let mut writer = target.create(blob.file).await?;
            while let Some(chunk) = reader.next().await? {
                writer.write(chunk).await?;
            }
            writer.finish().await?;
            copied += 1;
            bytes += blob.size;
        }
    }
    println!("files: {copied} copied to {to} ({bytes} bytes), {existing} were there");
    Ok(())
}
