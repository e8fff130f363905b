//! `parlor doctor`: is everything there that serving needs? Each check says what it saw, and how to mend what is wrong.
#![expect(clippy::print_stdout, reason = "the answers of commands go to standard output")]

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

/// What a check found.
enum Finding {
    /// All is well; what was seen.
    Well(String),
    /// It will work, but.
    Doubt(String),
    /// It won't work; what to do.
    Wrong(String),
}

use Finding::{Doubt, Well, Wrong};

/// Open files that a thousand sockets, a pool and a few files need.
const OPEN_FILES: u64 = 4_096;
/// Room that messages and uploads should find.
const FREE_BYTES: u64 = 1 << 30;
/// A clock that is further off makes tokens expire early or late.
const SKEW: time::Duration = time::Duration::seconds(5);

/// How long the file store may take for all that a probe asks of it: S3's client tries again for a while.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is written there.
const PROBE: &[u8] = b"probe";

/// Runs every check; fails where one of them found something wrong.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let (database, clock) = database(settings).await;
    let checks = [
        ("settings", Well("every setting can be read".into())),
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
            Well(seen) => println!("ok     {name}: {seen}"),
            Doubt(advice) => println!("doubt  {name}: {advice}"),
            Wrong(advice) => {
                wrong += 1;
                println!("wrong  {name}: {advice}");
            }
        }
    }
    match wrong {
        0 => Ok(()),
        1 => bail!("one thing must be mended before this serves"),
        _ => bail!("{wrong} things must be mended before this serves"),
    }
}

fn address(settings: &Settings) -> Finding {
    match TcpListener::bind(settings.listen) {
        Ok(_) => Well(format!("{} is free", settings.listen)),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Doubt(format!(
            "somebody listens on {}: a server that runs already, or PARLOR_LISTEN must name another address",
            settings.listen
        )),
        Err(error) => Wrong(format!(
            "can't listen on {} ({error}): PARLOR_LISTEN must name an address of this machine and a port that is free to \
             all",
            settings.listen
        )),
    }
}

fn signing_key(settings: &Settings) -> Finding {
    if settings.jwt_secret.is_some() {
        return Well("the settings say it".into());
    }
    let path = signing_key::path(settings);
    match (signing_key::kept(&path), path.metadata()) {
        (Ok(Some(_)), Ok(about)) if about.permissions().mode() & 0o077 != 0 => {
            Doubt(format!("others than its owner can read {0}: chmod 600 {0}", path.display()))
        }
        (Ok(Some(_)), _) => Well(format!("it is in {}", path.display())),
        (Ok(None), _) => Well("the first start makes one".into()),
        (Err(error), _) => Wrong(format!("{error:#}")),
    }
}

fn data_dir(folder: &Path) -> Finding {
    let probe = folder.join(".doctor");
    let written = signing_key::make_data_dir(folder).and_then(|()| std::fs::write(&probe, b"probe"));
    match written.and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => Well(format!("{} can be written", folder.display())),
        Err(error) => Wrong(format!(
            "{} can't be written ({error}): give it to the user who runs this, or set PARLOR_DATA_DIR",
            folder.display()
        )),
    }
}

/// The standard library knows no free space; `df` does, on every system that this serves on.
fn disk(folder: &Path) -> Finding {
    let answer = Command::new("df").args(["-Pk"]).arg(folder).output();
    let text = answer.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let free = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    match free.map(|kilobytes| kilobytes.saturating_mul(1_024)) {
        Some(free) if free >= FREE_BYTES => Well(format!("{} GiB are free", free >> 30)),
        Some(free) => Doubt(format!("only {} MiB are free: make room, or set PARLOR_DATA_DIR", free >> 20)),
        None => Doubt("the free space is unknown: df does not tell".into()),
    }
}

/// The database and its migrations; and how far its clock and ours are apart.
async fn database(settings: &Settings) -> (Finding, Finding) {
    let no_clock = || Doubt("not compared: the database does not answer".into());
    let advice = match settings.database() {
        Database::Sqlite(path) => format!("look at {} and its folder, or set DATABASE_URL", path.display()),
        Database::Postgres(_) => "start PostgreSQL, or mend DATABASE_URL".to_owned(),
    };
    let store = match Backend::open(settings).await {
        Ok(store) => store,
        Err(error) => return (Wrong(format!("{error:#}: {advice}")), no_clock()),
    };
    let migrations = match tokio::time::timeout(Duration::from_secs(10), store.migrations()).await {
        Ok(Ok(migrations)) => migrations,
        Ok(Err(error)) => return (Wrong(format!("{error:#}: {advice}")), no_clock()),
        Err(_) => return (Wrong(format!("no answer within ten seconds: {advice}")), no_clock()),
    };
    let clock = match &store {
        // It reads the same clock.
        Backend::Sqlite(_) => Well("the database's own".into()),
        Backend::Postgres(postgres) => match postgres.now().await {
            Ok(theirs) => {
                let skew = theirs.as_datetime() - wiring::clock().now().as_datetime();
                if skew.abs() < SKEW {
                    Well(format!("{} ms from the database's", skew.whole_milliseconds()))
                } else {
                    Wrong(format!(
                        "{} s from the database's: run a time service on both",
                        skew.whole_seconds()
                    ))
                }
            }
            Err(_) => no_clock(),
        },
    };
    let pending = migrations.iter().filter(|(_, applied)| !applied).count();
    let database = if pending == 0 {
        match store.ports().store.ping().await {
            Ok(()) => Well(format!("it answers, with {} migrations", migrations.len())),
            Err(error) => Wrong(format!("{error}: {advice}")),
        }
    } else {
        Doubt(format!("{pending} migrations are pending: `parlor serve` and `parlor migrate run` run them"))
    };
    (database, clock)
}

/// Writes, reads and removes a probe where uploads go.
async fn files(settings: &Settings) -> Finding {
    let url = &settings.files_url;
    let probed = match wiring::blobs(settings) {
        Ok(blobs) => match tokio::time::timeout(PATIENCE, probe(&blobs)).await {
            Ok(probed) => probed,
            Err(_) => Err(anyhow!("no answer within {} seconds", PATIENCE.as_secs())),
        },
        Err(error) => Err(error),
    };
    // S3 answers in lines; a finding is one.
    let on_a_line =
        |error: anyhow::Error| format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
    match probed.map_err(on_a_line) {
        Ok(()) => Well(format!("{url} takes a file, gives it back and removes it")),
        Err(error) if url.starts_with("s3://") => Wrong(format!(
            "{error}: make the bucket, let the key write, read and delete there, and look at AWS_ENDPOINT \
             (AWS_ALLOW_HTTP=true for plain HTTP), AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set \
             PARLOR_FILES_URL"
        )),
        Err(error) => Wrong(format!(
            "{error}: give {url} to the user who runs this, make room on its disk, or set PARLOR_FILES_URL"
        )),
    }
}

/// One that fails on the way may leave its probe behind; the clean-up finds it.
async fn probe(blobs: &ObjectBlobs) -> anyhow::Result<()> {
    let file = FileId(wiring::ids().next());
    let mut writer = blobs.create(file).await?;
    writer.write(PROBE.to_vec()).await?;
    writer.finish().await?;
    let mut reader =
        blobs.read(file, 0..PROBE.len() as u64).await?.context("what was written is not there")?;
    let mut read = vec![];
    while let Some(chunk) = reader.next().await? {
        read.extend(chunk);
    }
    blobs.delete(file).await?;
    ensure!(read == PROBE, "other bytes came back than were written");
    ensure!(blobs.read(file, 0..1).await?.is_none(), "what was removed is still there");
    Ok(())
}

async fn redis(settings: &Settings) -> Finding {
    let Some(url) = &settings.redis_url else {
        return Well("none is set: this replica keeps events, presence and limits to itself".into());
    };
    let probed = match Target::parse(&url.0) {
        Ok(target) => Redis::probe(&target).await,
        Err(error) => Err(error),
    };
    match probed {
        Ok(version) => Well(format!("version {version} answers")),
        // It serves without, but whoever names one wants it.
        Err(error) => Wrong(format!("{error}: start Redis 6 or later, or mend REDIS_URL")),
    }
}

fn open_files() -> Finding {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    match line.and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok()) {
        Some(limit) if limit >= OPEN_FILES => Well(format!("{limit} may be open")),
        Some(limit) => Doubt(format!(
            "only {limit} may be open, and every client takes one: raise it (ulimit -n {OPEN_FILES}, LimitNOFILE=)"
        )),
        None => Doubt("the limit is unknown on this system".into()),
    }
}
