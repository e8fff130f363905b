//! PostgreSQL for tests: a cluster of its own, and databases in it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// Names the server that tests share, where somebody (`cargo xtask test`) has started one: the folder of its socket.
const SHARED: &str = "PARLOR_TEST_POSTGRES";

/// By which the socket in a cluster's folder is named; nothing listens there.
const PORT: u16 = 5432;

/// The folder of a cluster's log in its own, and the file in that.
const LOGS: &str = "logs";
const LOG: &str = "logs/server.log";

/// Whether a cluster's commits reach the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As in production: for tests that crash it.
    Full,
    /// Commits stay in memory: for all others, which are the quicker for it.
    None,
}

/// A running cluster; dropped, it ends.
pub struct Postgres {
    folder: PathBuf,
    durability: Durability,
    port: u16,
    /// More settings of the server.
    options: Vec<String>,
    watchdog: Option<Child>,
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub fn start(durability: Durability) -> anyhow::Result<Self> {
        let mut cluster = Self::make(durability)?;
        cluster.resume()?;
        Ok(cluster)
    }

    /// Makes a cluster that is reached by TLS alone, at a free port of `localhost`, and starts it; answers the URL of a
    /// database in it, and the file of the authority that vouches for it.
    pub fn start_tls() -> anyhow::Result<(Self, String, PathBuf)> {
        let mut cluster = Self::make(Durability::None)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let data = cluster.path("data");
        let authority = crate::certificates::write(&data)?;
        std::fs::write(
            data.join("pg_hba.conf"),
            "local all all trust\nhostssl all all 127.0.0.1/32 trust\n",
        )?;
        if is_root()? {
            run(Command::new("chown").args(["-R", "postgres"]).arg(&data))?;
        }
        let settings = ["listen_addresses=127.0.0.1", "ssl=on", "ssl_min_protocol_version=TLSv1.2"];
        cluster.options.extend(settings.map(str::to_owned));
        cluster.port = port;
        cluster.resume()?;
        Ok((cluster, format!("postgres://postgres@localhost:{port}/postgres"), authority))
    }

    fn make(durability: Durability) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("parlor-postgres-").tempdir()?.keep();
        if is_root()? {
            // PostgreSQL refuses to run as root; Debian's package brings a user for it.
            run(Command::new("chown").arg("postgres").arg(&folder))?;
        }
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

    /// The folder of its socket, by which it is reached.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.folder
    }

    /// A client program of PostgreSQL's, such as pgbench.
    pub fn program(&self, name: &str) -> anyhow::Result<Command> {
        Ok(Command::new(binary(name)?))
    }

    /// A new, empty database; answers its URL.
    pub fn database(&self) -> anyhow::Result<String> {
        create_database(&self.folder)
    }

    /// What it has written into its log so far.
    pub fn log(&self) -> anyhow::Result<String> {
        let log = std::fs::read(self.path(LOG)).context("the cluster's log can't be read")?;
        Ok(String::from_utf8_lossy(&log).into_owned())
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.signal("KILL")?;
        if let Some(mut watchdog) = self.watchdog.take() {
            // The folder must stay, so the watchdog goes before it can tidy up.
            watchdog.kill()?;
            watchdog.wait()?;
        }
        Ok(())
    }

    /// Starts it again on its data.
    pub fn resume(&mut self) -> anyhow::Result<()> {
        let data = self.path("data");
        let socket = self.path("");
        // What a crash left behind would be taken for a server that still runs, as long as nobody has reaped it.
        for left in [data.join("postmaster.pid"), self.path(".s.PGSQL.5432"), self.path(".s.PGSQL.5432.lock")]
        {
            let _there_was_none = std::fs::remove_file(left);
        }
        let mut server = command("postgres")?;
        server.arg("-D").arg(data).arg("-k").arg(socket).args(["-c", "listen_addresses="]);
        server.args(["-p", &self.port.to_string()]);
        server.args(["-c", "max_connections=400", "-c", "shared_buffers=64MB"]);
        // Into one file, for tests that read what the server says of itself.
        server.arg("-c").arg(format!("log_directory={}", self.path(LOGS).display()));
        server.args(["-c", "logging_collector=on", "-c", "log_filename=server.log"]);
        server.args(["-c", "log_rotation_age=0", "-c", "log_rotation_size=0"]);
        for option in &self.options {
            server.arg("-c").arg(option);
        }
        if self.durability == Durability::None {
            server.args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        }
        let words: Vec<String> = std::iter::once(server.get_program())
            .chain(server.get_args())
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        self.watchdog = Some(crate::watchdog::spawn(&self.folder.to_string_lossy(), &words)?);
        let begun = Instant::now();
        while psql(&self.folder, self.port, "postgres", "SELECT 1").is_err() {
            ensure!(begun.elapsed() < Duration::from_mins(1), "PostgreSQL does not answer after a minute");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Stops every process of it where it stands: connections stay open and nothing answers.
    pub fn freeze(&self) -> anyhow::Result<()> {
        self.signal("STOP")
    }

    /// Lets it go on.
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
            // One that has ended meanwhile needs no signal.
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

/// A new database on the server that tests share, or, where nobody has started one, on one of this process.
pub fn fresh_database() -> anyhow::Result<String> {
    static OWN: OnceLock<Postgres> = OnceLock::new();
    if let Ok(socket) = std::env::var(SHARED) {
        return create_database(Path::new(&socket));
    }
    if OWN.get().is_none() {
        // Two that come first at once start two; one of them ends again.
        drop(OWN.set(Postgres::start(Durability::None)?));
    }
    OWN.get().context("no PostgreSQL")?.database()
}

/// Runs a file of `psql`'s language on a database, given by its URL.
pub fn run_script(url: &str, script: &Path) -> anyhow::Result<()> {
    let mut psql = Command::new(binary("psql")?);
    run(psql.args(["-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-d", url, "-f"]).arg(script))
}

fn create_database(socket: &Path) -> anyhow::Result<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    psql(socket, PORT, "postgres", &format!("CREATE DATABASE {name}"))?;
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

/// A program of PostgreSQL, run as somebody who may run it.
fn command(program: &str) -> anyhow::Result<Command> {
    let program = binary(program)?;
    if is_root()? {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        return Ok(command);
    }
    Ok(Command::new(program))
}

/// Where a program of PostgreSQL lies: Debian keeps those of each version apart.
fn binary(name: &str) -> anyhow::Result<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|path| path.exists());
    found.with_context(|| {
        format!("PostgreSQL's {name} is not on this machine; `cargo xtask test` installs it (apt-get install postgresql)")
    })
}

fn is_root() -> anyhow::Result<bool> {
    let id = Command::new("id").arg("-u").output().context("id did not start")?;
    Ok(id.stdout == b"0\n")
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("{command:?} did not start"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
