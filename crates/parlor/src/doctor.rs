//! `parlor doctor`: checks everything that the server needs. Each line states the finding, and how to fix a problem.
#![expect(clippy::print_stdout, reason = "the output of commands goes to standard output")]

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use domain::FileId;
use domain::file::BlobStore;
use infra_files::ObjectBlobs;
use infra_redis::{Redis, Target};

use crate::backend::Backend;
use crate::settings::{Database, Settings};
use crate::{signing_key, wiring};

/// Result of a check, with a text for the user.
enum Finding {
    Fine(String),
    /// The server works; the text recommends a change.
    Warning(String),
    /// The server does not work; the text names the reason and the fix.
    Wrong(String),
}

use Finding::{Fine, Warning, Wrong};

/// Open files for a thousand connections, a connection pool and the database.
const OPEN_FILES: u64 = 4_096;
/// Disk space for messages and uploads.
const FREE_BYTES: u64 = 1 << 30;
/// Largest difference between clocks; with a larger one tokens expire early or late.
const MAX_SKEW: time::Duration = time::Duration::seconds(5);
/// Time for the database to answer.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for all steps of the probe in the file store: the client of S3 retries for a while.
const FILES_TIMEOUT: Duration = Duration::from_secs(20);
/// Content of the probe.
const PROBE: &[u8] = b"probe";

/// Runs every check and prints the findings. `Err` where one of them is wrong.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let (database, clock) = database(settings).await;
    let checks = [
        ("settings", Fine("all values are valid".into())),
        ("address", address(settings)),
        ("data directory", data_dir(&settings.data_dir)),
        ("signing key", signing_key(settings)),
        ("disk", disk(&settings.data_dir)),
        ("database", database),
        ("files", files(settings).await),
        ("redis", redis(settings).await),
        ("clock", clock),
        ("open files", open_files()),
    ];
    let mut wrong = 0;
    for (name, finding) in checks {
        match finding {
            Fine(text) => println!("ok     {name}: {text}"),
            Warning(text) => println!("warn   {name}: {text}"),
            Wrong(text) => {
                wrong += 1;
                println!("wrong  {name}: {text}");
            }
        }
    }
    match wrong {
        0 => Ok(()),
        1 => bail!("one problem must be fixed before the server can run"),
        _ => bail!("{wrong} problems must be fixed before the server can run"),
    }
}

fn address(settings: &Settings) -> Finding {
    let address = settings.listen;
    match TcpListener::bind(address) {
        Ok(_) => Fine(format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Warning(format!(
            "{address} is in use: a server is running already, or set PARLOR_LISTEN to another address"
        )),
        Err(error) => Wrong(format!(
            "can't listen on {address} ({error}): set PARLOR_LISTEN to an address of this machine and a port that any \
             user may use"
        )),
    }
}

fn signing_key(settings: &Settings) -> Finding {
    if settings.jwt_secret.is_some() {
        return Fine("it is set by PARLOR_JWT_SECRET".into());
    }
    let path = signing_key::path(settings);
    match (signing_key::stored(&path), path.metadata()) {
        (Ok(Some(_)), Ok(metadata)) if metadata.permissions().mode() & 0o077 != 0 => {
            Warning(format!("other users can read {0}: chmod 600 {0}", path.display()))
        }
        (Ok(Some(_)), _) => Fine(format!("it is in {}", path.display())),
        (Ok(None), _) => Fine("the first start will generate it".into()),
        (Err(error), _) => Wrong(format!("{error:#}")),
    }
}

fn data_dir(folder: &Path) -> Finding {
    let probe = folder.join(".doctor");
    let written = signing_key::create_data_dir(folder).and_then(|()| std::fs::write(&probe, PROBE));
    match written.and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => Fine(format!("{} is writable", folder.display())),
        Err(error) => Wrong(format!(
            "can't write to {} ({error}): make it writable for this user, or set PARLOR_DATA_DIR",
            folder.display()
        )),
    }
}

/// Asks `df` for the free space, which the standard library does not provide.
fn disk(folder: &Path) -> Finding {
    let output = Command::new("df").args(["-Pk"]).arg(folder).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let free = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    match free.map(|kilobytes| kilobytes.saturating_mul(1_024)) {
        Some(free) if free >= FREE_BYTES => Fine(format!("{} GiB are free", free >> 30)),
        Some(free) => {
            Warning(format!("only {} MiB are free: free some space, or set PARLOR_DATA_DIR", free >> 20))
        }
        None => Warning("the free space is unknown: `df` failed".into()),
    }
}

/// Checks the database with its migrations, and the difference between its clock and that of this machine.
async fn database(settings: &Settings) -> (Finding, Finding) {
    let no_clock = || Warning("not compared: the database does not answer".into());
    let advice = match settings.database() {
        Database::Sqlite(path) => format!("check {} and its folder, or set DATABASE_URL", path.display()),
        Database::Postgres(_) => "start PostgreSQL, or correct DATABASE_URL".to_owned(),
    };
    let store = match Backend::open(settings).await {
        Ok(store) => store,
        Err(error) => return (Wrong(format!("{error:#}: {advice}")), no_clock()),
    };
    let migrations = match tokio::time::timeout(DATABASE_TIMEOUT, store.migrations()).await {
        Ok(Ok(migrations)) => migrations,
        Ok(Err(error)) => return (Wrong(format!("{error:#}: {advice}")), no_clock()),
        Err(_) => {
            let seconds = DATABASE_TIMEOUT.as_secs();
            return (Wrong(format!("no answer within {seconds} seconds: {advice}")), no_clock());
        }
    };
    let clock = match &store {
        Backend::Sqlite(_) => Fine("SQLite uses the clock of this machine".into()),
        Backend::Postgres(postgres) => match postgres.now().await {
            Ok(theirs) => {
                let skew = theirs.as_datetime() - wiring::clock().now().as_datetime();
                if skew.abs() < MAX_SKEW {
                    Fine(format!("it differs by {} ms from that of the database", skew.whole_milliseconds()))
                } else {
                    Wrong(format!(
                        "it differs by {} s from that of the database: synchronize both by NTP",
                        skew.whole_seconds()
                    ))
                }
            }
            Err(_) => no_clock(),
        },
    };
    let pending = migrations.iter().filter(|(_, applied)| !applied).count();
    let database = if pending == 0 {
        match store.ports().ping().await {
            Ok(()) => Fine(format!("it answers; {} migrations are applied", migrations.len())),
            Err(error) => Wrong(format!("{error}: {advice}")),
        }
    } else {
        Warning(format!("{pending} migrations are pending: `parlor serve` or `parlor migrate run` runs them"))
    };
    (database, clock)
}

/// Writes, reads and removes a probe where uploads are stored.
async fn files(settings: &Settings) -> Finding {
    let url = &settings.files_url;
    let probed = match wiring::blobs(settings) {
        Ok(blobs) => match tokio::time::timeout(FILES_TIMEOUT, probe(&blobs)).await {
            Ok(probed) => probed,
            Err(_) => Err(anyhow!("no answer within {} seconds", FILES_TIMEOUT.as_secs())),
        },
        Err(error) => Err(error),
    };
    // Errors of S3 have several lines; a finding has one.
    let in_one_line =
        |error: anyhow::Error| format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
    match probed.map_err(in_one_line) {
        Ok(()) => Fine(format!("{url} stored, returned and removed a probe")),
        Err(error) if url.starts_with("s3://") => Wrong(format!(
            "{error}: create the bucket, allow the key to write, read and delete in it, and check AWS_ENDPOINT \
             (AWS_ALLOW_HTTP=true for plain HTTP), AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set \
             PARLOR_FILES_URL"
        )),
        Err(error) => Wrong(format!(
            "{error}: make {url} writable for this user, free space on its disk, or set PARLOR_FILES_URL"
        )),
    }
}

/// Leaves the probe behind where a step fails; garbage collection removes it.
async fn probe(blobs: &ObjectBlobs) -> anyhow::Result<()> {
    let file = FileId(wiring::ids().next());
    let mut writer = blobs.create(file).await?;
    writer.write(PROBE.to_vec()).await?;
    writer.finish().await?;
    let mut reader = blobs.read(file, 0..PROBE.len() as u64).await?.context("the probe is missing")?;
    let mut content = vec![];
    while let Some(chunk) = reader.next().await? {
        content.extend(chunk);
    }
    blobs.delete(file).await?;
    ensure!(content == PROBE, "the probe has other content than was written");
    ensure!(blobs.read(file, 0..1).await?.is_none(), "the probe is still there after its removal");
    Ok(())
}

async fn redis(settings: &Settings) -> Finding {
    let Some(url) = &settings.redis_url else {
        return Fine("not set: this replica shares events, presence and limits with no other".into());
    };
    let probed = match Target::parse(&url.0) {
        Ok(target) => Redis::probe(&target).await,
        Err(error) => Err(error),
    };
    match probed {
        Ok(version) => Fine(format!("version {version} answers")),
        // The server runs without Redis, but a user who sets a URL wants it.
        Err(error) => Wrong(format!("{error}: start Redis 6 or later, or correct REDIS_URL")),
    }
}

fn open_files() -> Finding {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    match line.and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok()) {
        Some(limit) if limit >= OPEN_FILES => Fine(format!("the limit is {limit}")),
        Some(limit) => Warning(format!(
            "the limit is {limit}, and every connection needs one: raise it (ulimit -n {OPEN_FILES}, LimitNOFILE=)"
        )),
        None => Warning("the limit is unknown on this system".into()),
    }
}
