//! PostgreSQL for tests: clusters, and databases in them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// Variable for the folder of the socket of a server that tests share, which `cargo xtask test` starts.
const SHARED: &str = "PARLOR_TEST_POSTGRES";

/// Port in the name of a cluster's socket; nothing listens on it.
const PORT: u16 = 5432;

/// Folder of the log in a cluster's folder.
const LOG_FOLDER: &str = "logs";
/// File of the log in a cluster's folder.
const LOG: &str = "logs/server.log";

/// Durability of a cluster's commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Commits reach the disk, as in production: for tests that crash the server.
    Full,
    /// Commits stay in memory: for all other tests, which are faster.
    None,
}

/// A running cluster. Dropping it ends the server.
pub struct Postgres {
    folder: PathBuf,
    durability: Durability,
    port: u16,
    /// Further settings of the server.
    options: Vec<String>,
    watchdog: Option<Child>,
}

impl Postgres {
    /// Creates and starts a cluster.
    pub fn start(durability: Durability) -> anyhow::Result<Self> {
        let mut cluster = Self::create(durability)?;
        cluster.resume()?;
        Ok(cluster)
    }

    /// Creates and starts a cluster that accepts TLS alone, on a free port of `localhost`. Returns also the URL of a database
    /// in it, and the file of the CA certificate.
    #[cfg(feature = "tls")]
    pub fn start_tls() -> anyhow::Result<(Self, String, PathBuf)> {
        let mut cluster = Self::create(Durability::None)?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let data = cluster.path("data");
        let authority = crate::certificates::write(&data)?;
        std::fs::write(
            data.join("pg_hba.conf"),
            "local all all trust\nhostssl all all 127.0.0.1/32 trust\n",
        )?;
        give(&data)?;
        let settings = ["listen_addresses=127.0.0.1", "ssl=on", "ssl_min_protocol_version=TLSv1.2"];
        cluster.options.extend(settings.map(str::to_owned));
        cluster.port = port;
        cluster.resume()?;
        Ok((cluster, format!("postgres://postgres@localhost:{port}/postgres"), authority))
    }

    fn create(durability: Durability) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("parlor-postgres-").tempdir()?.keep();
        give(&folder)?;
        let cluster = Self { folder, durability, port: PORT, options: Vec::new(), watchdog: None };
        let data = cluster.path("data");
        let mut init = command("initdb")?;
        init.args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        run(init.arg("-D").arg(data))?;
        Ok(cluster)
    }

    /// Creates and starts a streaming standby of this cluster.
    pub fn standby(&self) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("parlor-standby-").tempdir()?.keep();
        give(&folder)?;
        let mut standby =
            Self { folder, durability: self.durability, port: PORT, options: Vec::new(), watchdog: None };
        let mut copy = command("pg_basebackup")?;
        copy.args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"]);
        copy.args(["--username=postgres", "-p", &self.port.to_string(), "-h"]).arg(&self.folder);
        run(copy.arg("-D").arg(standby.path("data")))?;
        standby.resume()?;
        Ok(standby)
    }

    /// Runs a statement in the database `postgres`, as a superuser.
    pub fn run(&self, statement: &str) -> anyhow::Result<()> {
        psql(&self.folder, self.port, "postgres", statement)
    }

    /// Returns the folder of its socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.folder
    }

    /// Returns a command for a client program of PostgreSQL, such as pgbench.
    pub fn program(&self, name: &str) -> anyhow::Result<Command> {
        Ok(Command::new(binary(name)?))
    }

    /// Creates an empty database and returns its URL.
    pub fn database(&self) -> anyhow::Result<String> {
        self.database_with("")
    }

    /// Creates an empty database with those options of `CREATE DATABASE` and returns its URL.
    pub fn database_with(&self, options: &str) -> anyhow::Result<String> {
        create_database(&self.folder, options)
    }

    /// Returns its log so far.
    pub fn log(&self) -> anyhow::Result<String> {
        let log = std::fs::read(self.path(LOG)).context("can't read the log of the cluster")?;
        Ok(String::from_utf8_lossy(&log).into_owned())
    }

    /// Kills the server, as a power cut would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.signal("KILL")?;
        if let Some(mut watchdog) = self.watchdog.take() {
            // The folder must stay, so the watchdog is killed before it removes it.
            watchdog.kill()?;
            watchdog.wait()?;
        }
        Ok(())
    }

    /// Starts the server again on its data.
    pub fn resume(&mut self) -> anyhow::Result<()> {
        let data = self.path("data");
        let socket = self.path("");
        // After a crash these files make PostgreSQL believe that the server is still running.
        for stale in
            [data.join("postmaster.pid"), self.path(".s.PGSQL.5432"), self.path(".s.PGSQL.5432.lock")]
        {
            let _missing = std::fs::remove_file(stale);
        }
        let mut server = command("postgres")?;
        server.arg("-D").arg(data).arg("-k").arg(socket).args(["-c", "listen_addresses="]);
        server.args(["-p", &self.port.to_string()]);
        server.args(["-c", "max_connections=400", "-c", "shared_buffers=64MB"]);
        // Logs to one file, for tests that read the log.
        server.arg("-c").arg(format!("log_directory={}", self.path(LOG_FOLDER).display()));
        server.args(["-c", "logging_collector=on", "-c", "log_filename=server.log"]);
        server.args(["-c", "log_rotation_age=0", "-c", "log_rotation_size=0"]);
        for option in &self.options {
            server.arg("-c").arg(option);
        }
        if self.durability == Durability::None {
            server.args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        }
        let command: Vec<String> = std::iter::once(server.get_program())
            .chain(server.get_args())
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        self.watchdog = Some(crate::watchdog::spawn(&self.folder.to_string_lossy(), &command)?);
        let started = Instant::now();
        while psql(&self.folder, self.port, "postgres", "SELECT 1").is_err() {
            ensure!(started.elapsed() < Duration::from_mins(1), "PostgreSQL does not answer after a minute");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Suspends all its processes: connections stay open, but nothing answers.
    pub fn freeze(&self) -> anyhow::Result<()> {
        self.signal("STOP")
    }

    /// Resumes it after `freeze`.
    pub fn thaw(&self) -> anyhow::Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let pid = std::fs::read_to_string(self.path("data").join("postmaster.pid"))?;
        let pid = pid.lines().next().context("postmaster.pid is empty")?.to_owned();
        let children = Command::new("pgrep").args(["-P", &pid]).output()?;
        let children = String::from_utf8(children.stdout)?;
        run(Command::new("kill").arg(format!("-{signal}")).arg(&pid))?;
        for child in children.lines() {
            // The process may have ended meanwhile.
            let _ended = Command::new("kill").arg(format!("-{signal}")).arg(child).status()?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            let _ended = watchdog.wait();
        }
    }
}

/// Creates a database on the server that tests share or, if there is none, on a server of this process. Returns its URL.
pub fn fresh_database() -> anyhow::Result<String> {
    static OWN: OnceLock<Postgres> = OnceLock::new();
    if let Ok(socket) = std::env::var(SHARED) {
        return create_database(Path::new(&socket), "");
    }
    if OWN.get().is_none() {
        // Two concurrent first calls start two servers; one of them ends again.
        drop(OWN.set(Postgres::start(Durability::None)?));
    }
    OWN.get().context("no PostgreSQL")?.database()
}

/// Runs a script of `psql` on the database of a URL.
pub fn run_script(url: &str, script: &Path) -> anyhow::Result<()> {
    let mut psql = Command::new(binary("psql")?);
    run(psql.args(["-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-d", url, "-f"]).arg(script))
}

fn create_database(socket: &Path, options: &str) -> anyhow::Result<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    psql(socket, PORT, "postgres", &format!("CREATE DATABASE {name} {options}"))?;
    Ok(format!("postgres:///{name}?user=postgres&host={}", socket.display()))
}

fn psql(socket: &Path, port: u16, database: &str, statement: &str) -> anyhow::Result<()> {
    let mut psql = Command::new(binary("psql")?);
    run(psql
        .arg("-h")
        .arg(socket)
        .args(["-p", &port.to_string()])
        .args(["-U", "postgres", "-d", database, "-qc", statement]))
}

/// Returns a command for a server program of PostgreSQL, run as a user who may run it.
fn command(program: &str) -> anyhow::Result<Command> {
    unprivileged(&binary(program)?)
}

/// Returns a command for a program that does not run as root, as the user that Debian's package of PostgreSQL creates.
pub(crate) fn unprivileged(program: &Path) -> anyhow::Result<Command> {
    if is_root()? {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        return Ok(command);
    }
    Ok(Command::new(program))
}

/// Makes a folder the property of that user.
pub(crate) fn give(folder: &Path) -> anyhow::Result<()> {
    if is_root()? {
        run(Command::new("chown").args(["-R", "postgres"]).arg(folder))?;
    }
    Ok(())
}

/// Returns the path of a program of PostgreSQL: Debian has a folder for each version.
fn binary(name: &str) -> anyhow::Result<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|path| path.exists());
    found.with_context(|| {
        format!("PostgreSQL's {name} is not installed; `cargo xtask test` installs it (apt-get install postgresql)")
    })
}

fn is_root() -> anyhow::Result<bool> {
    let id = Command::new("id").arg("-u").output().context("can't run id")?;
    Ok(id.stdout == b"0\n")
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("can't run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
