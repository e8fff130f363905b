//! The subjects of the measurements: Parlor on each store, the baseline on Express, PostgreSQL alone, a bare loop.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use test_support::Postgres;

use crate::cores;

/// A process that prints its address in its first line. Dropping this ends it.
pub(crate) struct Process {
    child: Child,
    /// Kept open, because the process may print more.
    _stdout: BufReader<ChildStdout>,
    pub(crate) address: String,
    /// The time from its start to its address.
    pub(crate) started_in: Duration,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let begun = Instant::now();
        command.stdout(Stdio::piped());
        let mut child = cores::for_server(|| command.spawn().with_context(|| format!("{command:?}")))?;
        let mut stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let address = line.trim().rsplit(['/', ' ']).next().unwrap_or_default().to_owned();
        let process = Self { child, _stdout: stdout, address, started_in: begun.elapsed() };
        ensure!(process.address.contains(':'), "{command:?} printed no address: {line}");
        Ok(process)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its data is of no use after the measurement.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// The names of the subjects, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// PostgreSQL alone, by pgbench; for fan-outs a bare loop of `write`.
    Floor,
    Express,
    ParlorPostgres,
    ParlorSqlite,
}

impl Name {
    pub(crate) const ALL: [Self; 4] = [Self::Floor, Self::Express, Self::ParlorPostgres, Self::ParlorSqlite];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Express => "Express",
            Self::ParlorPostgres => "Parlor, PostgreSQL",
            Self::ParlorSqlite => "Parlor, SQLite",
        }
    }

    pub(crate) fn is_parlor(self) -> bool {
        matches!(self, Self::ParlorPostgres | Self::ParlorSqlite)
    }
}

/// A subject that runs.
pub(crate) struct Subject {
    pub(crate) name: Name,
    pub(crate) server: Option<Process>,
    /// The postmaster of its database.
    pub(crate) database: Option<u32>,
}

impl Subject {
    pub(crate) fn address(&self) -> anyhow::Result<&str> {
        Ok(&self.server.as_ref().context("no server")?.address)
    }

    /// Starts Parlor with the settings that durable service has by default, without limits.
    pub(crate) fn parlor(program: &Path, folder: &Path, postgres: Option<&Postgres>) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.current_dir(folder).env_remove("DATABASE_URL").env_remove("REDIS_URL").envs([
            ("PARLOR_LISTEN", "127.0.0.1:0"),
            ("PARLOR_LIMITS", "off"),
            ("PARLOR_QUOTA_ROOMS", "off"),
            ("PARLOR_LOG", "error"),
            ("PARLOR_JWT_SECRET", "only for this measurement, never elsewhere"),
        ]);
        if let Some(postgres) = postgres {
            command.env("DATABASE_URL", postgres.database()?);
        }
        Ok(Self {
            name: if postgres.is_some() { Name::ParlorPostgres } else { Name::ParlorSqlite },
            server: Some(Process::start(&mut command)?),
            database: postgres.map(postmaster).transpose()?,
        })
    }

    /// Starts the baseline in its folder on a database of that name.
    pub(crate) fn express(folder: &Path, postgres: &Postgres, database: &str) -> anyhow::Result<Self> {
        let mut node = Command::new("node");
        node.arg("server.mjs").current_dir(folder).env("NODE_ENV", "production");
        node.env("PGHOST", postgres.socket()).env("PGDATABASE", database);
        Ok(Self {
            name: Name::Express,
            server: Some(Process::start(&mut node)?),
            database: Some(postmaster(postgres)?),
        })
    }
}

/// Returns the process id of a cluster's first process.
pub(crate) fn postmaster(postgres: &Postgres) -> anyhow::Result<u32> {
    let file = postgres.socket().join("data/postmaster.pid");
    let text = std::fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
    Ok(text.lines().next().unwrap_or_default().parse()?)
}
