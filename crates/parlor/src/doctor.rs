//! `parlor doctor`: checks everything that the server needs. Each line states the finding, and how to fix a problem.
#![expect(clippy::print_stdout, reason = "the output of commands goes to standard output")]

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use async_trait::async_trait;
use domain::admin::{Check, CheckState, Examiner};
use domain::search::Unindexed;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::backend::{Backend, with_advice};
use crate::requirements::Finding::{self, Fine, Warning, Wrong};
use crate::requirements::{self, Examined};
use crate::settings::{Database, Settings};
use crate::{admins, file_store, signing_key, wiring};

/// Open files for a thousand connections, a connection pool and the database.
const OPEN_FILES: u64 = 4_096;
/// Disk space for messages and uploads.
const FREE_BYTES: u64 = 1 << 30;
/// Largest difference between clocks; with a larger one tokens expire early or late.
const MAX_SKEW: time::Duration = time::Duration::seconds(5);
/// Time for the database to answer.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(10);

const SQLITE_CLOCK: &str = "SQLite uses the clock of this machine";

/// Runs every check and prints the findings. `Err` where one of them is wrong.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let mut checks = examine(settings).await;
    checks.insert(1, named("address", address(settings)));
    for one in &checks {
        let state = match one.finding {
            Fine(_) => "ok",
            Warning(_) => "warn",
            Wrong(_) => "wrong",
        };
        println!("{state:6} {one}");
    }
    let wrong = checks.iter().filter(|one| matches!(one.finding, Wrong(_))).count();
    match wrong {
        0 => Ok(()),
        1 => bail!("one problem must be fixed before the server can run"),
        _ => bail!("{wrong} problems must be fixed before the server can run"),
    }
}

fn named(name: &str, finding: Finding) -> Examined {
    Examined { name: name.into(), finding }
}

/// Runs the checks that hold for a running server too.
async fn examine(settings: &Settings) -> Vec<Examined> {
    let mut checks = vec![
        named("settings", Fine("all values are valid".into())),
        named("data directory", data_dir(&settings.data_dir)),
        named("signing key", signing_key(settings)),
        named("disk", disk(&settings.data_dir)),
    ];
    let (database, requirements, clock) = database(settings).await;
    checks.push(named("database", database));
    checks.extend(requirements);
    checks.push(requirements::files(settings).await);
    checks.extend(file_store::examine(settings).await);
    checks.push(requirements::redis(settings).await);
    checks.push(named("search", search(settings).await));
    checks.push(named("admins", admins(settings).await));
    checks.push(named("clock", clock));
    checks.push(named("open files", open_files()));
    checks
}

/// Runs the checks for the server itself.
pub(crate) struct Doctor {
    settings: Arc<Settings>,
    /// That of the process: those of the threads that serve requests have one thread each.
    runtime: Handle,
    running: Mutex<()>,
}

impl Doctor {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings), runtime: Handle::current(), running: Mutex::new(()) }
    }
}

#[async_trait]
impl Examiner for Doctor {
    async fn examine(&self) -> Vec<Check> {
        let _one_at_a_time = self.running.lock().await;
        let settings = self.settings.clone();
        // The checks block their thread.
        let runtime = self.runtime.clone();
        let examined = tokio::task::spawn_blocking(move || runtime.block_on(examine(&settings))).await;
        let failed = |error: tokio::task::JoinError| {
            vec![named("doctor", Wrong(format!("the checks ended early: {error}")))]
        };
        examined.unwrap_or_else(failed).into_iter().map(check).collect()
    }
}

fn check(Examined { name, finding }: Examined) -> Check {
    let (state, finding) = match finding {
        Fine(text) => (CheckState::Fine, text),
        Warning(text) => (CheckState::Warning, text),
        Wrong(text) => (CheckState::Wrong, text),
    };
    Check { name, state, finding }
}

fn address(settings: &Settings) -> Finding {
    let address = &settings.listen;
    match address.bind() {
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
    let written = signing_key::create_data_dir(folder).and_then(|()| std::fs::write(&probe, "probe"));
    match written.and_then(|()| std::fs::remove_file(&probe)).and_then(|()| folder.metadata()) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => Warning(format!(
            "other users can look into {0}, which has messages, uploads and keys: chmod 700 {0}",
            folder.display()
        )),
        Ok(_) => Fine(format!("{} is writable", folder.display())),
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

/// Checks the database with its migrations, its requirements, and the difference between its clock and that of this machine.
async fn database(settings: &Settings) -> (Finding, Vec<Examined>, Finding) {
    let reached = tokio::time::timeout(DATABASE_TIMEOUT, reached(settings)).await;
    let late = || {
        anyhow!(
            "no answer within {} seconds: start the database, or correct DATABASE_URL",
            DATABASE_TIMEOUT.as_secs()
        )
    };
    match reached.unwrap_or_else(|_| Err(late())) {
        Ok(findings) => findings,
        Err(error) => {
            let advice = match settings.database() {
                Database::Sqlite(path) => {
                    format!(": check {} and its folder, or set DATABASE_URL", path.display())
                }
                Database::Postgres(_) => String::new(),
            };
            let no_clock = Warning("not compared: the database does not answer".into());
            (Wrong(format!("{:#}{advice}", with_advice(error))), vec![], no_clock)
        }
    }
}

/// Returns the same of a database that answers.
async fn reached(settings: &Settings) -> anyhow::Result<(Finding, Vec<Examined>, Finding)> {
    if let Some(path) = Backend::missing_file(settings) {
        return Ok((no_database_yet(&path)?, vec![], Fine(SQLITE_CLOCK.into())));
    }
    let store = Backend::open(settings).await?;
    let requirements = store.examine().await?;
    let migrations = store.migrations().await?;
    let pending = migrations.iter().filter(|(_, applied)| !applied).count();
    let database = if pending > 0 {
        Warning(format!("{pending} migrations are pending: `parlor serve` or `parlor migrate run` runs them"))
    } else {
        if requirements.iter().all(|one| !matches!(one.finding, Wrong(_))) {
            store.ports().ping().await?;
        }
        Fine(format!("it answers; {} migrations are applied", migrations.len()))
    };
    let clock = match &store {
        Backend::Sqlite(_) => Fine(SQLITE_CLOCK.into()),
        Backend::Postgres(postgres) => match postgres.now().await {
            Ok(theirs) => clock(theirs.as_datetime() - wiring::clock().now().as_datetime()),
            Err(_) => Warning("not compared: the database does not answer as a server asks".into()),
        },
    };
    Ok((database, requirements, clock))
}

/// Checks that the first start can make the file of a database, and leaves none.
fn no_database_yet(path: &Path) -> anyhow::Result<Finding> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::NamedTempFile::new_in(folder)?;
    Ok(Fine(format!("no database yet: the first start makes {}", path.display())))
}

fn clock(skew: time::Duration) -> Finding {
    if skew.abs() < MAX_SKEW {
        Fine(format!("it differs by {} ms from that of the database", skew.whole_milliseconds()))
    } else {
        Wrong(format!(
            "it differs by {} s from that of the database: synchronize both by NTP",
            skew.whole_seconds()
        ))
    }
}

/// Checks that every server admin by configuration has an account.
async fn admins(settings: &Settings) -> Finding {
    if settings.admins.is_empty() {
        return Fine("PARLOR_ADMINS names none".into());
    }
    let missing = tokio::time::timeout(DATABASE_TIMEOUT, async {
        let store = Backend::open_existing(settings).await?;
        anyhow::Ok(admins::without_account(&*store.ports(), &settings.admins).await?)
    });
    match missing.await {
        Ok(Ok(missing)) => match admins::advice(&missing) {
            Some(advice) => Warning(advice),
            None => Fine("each of PARLOR_ADMINS has an account".into()),
        },
        // The check of the database says why; a new one has no tables yet.
        Ok(Err(_)) | Err(_) => Warning("not checked: the database has no accounts to look at".into()),
    }
}

/// Checks that searches find every message.
async fn search(settings: &Settings) -> Finding {
    if Backend::missing_file(settings).is_some() {
        return Fine("there are no messages yet".into());
    }
    let lacking = tokio::time::timeout(DATABASE_TIMEOUT, async {
        let store = Backend::open_existing(settings).await?;
        anyhow::Ok(store.ports().unindexed().await?)
    });
    match lacking.await {
        Ok(Ok(Unindexed { messages: 0, edits: 0 })) => Fine("every message is found".into()),
        Ok(Ok(Unindexed { messages, edits })) => Warning(format!(
            "{messages} messages and {edits} edits of an earlier version are not found: run `parlor search reindex` once no \
             server of that version runs"
        )),
        Ok(Err(_)) | Err(_) => Warning("not checked: the database has no index to look at".into()),
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
