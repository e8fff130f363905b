//! PgBouncer for tests: a pooler before a throwaway PostgreSQL.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// A running pooler on a port of loopback. Dropping it ends it.
pub struct PgBouncer {
    port: u16,
    watchdog: Child,
}

impl PgBouncer {
    /// Starts a pooler before the server whose socket is in that folder. `mode` is `session`, `transaction` or `statement`;
    /// it opens at most `sessions` of each database. `settings` are further lines of its configuration.
    pub fn start(socket: &Path, mode: &str, sessions: u32, settings: &str) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("parlor-pgbouncer-").tempdir()?.keep();
        let port = crate::free_port()?;
        let (users, config) = (folder.join("users.txt"), folder.join("pgbouncer.ini"));
        std::fs::write(&users, "\"postgres\" \"\"\n\"bare\" \"\"\n")?;
        let text = format!(
            "[databases]\n* = host={} port=5432\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\ndefault_pool_size = {sessions}\n\
             max_client_conn = 400\nlogfile = {}\n{settings}\n",
            socket.display(),
            users.display(),
            folder.join("log").display()
        );
        std::fs::write(&config, text)?;
        crate::postgres::give(&folder)?;
        let mut command = crate::postgres::unprivileged(&binary()?)?;
        command.arg(&config);
        let command: Vec<String> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        let pooler = Self { port, watchdog: crate::watchdog::spawn(&folder.to_string_lossy(), &command)? };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(
                started.elapsed() < Duration::from_secs(20),
                "PgBouncer does not listen after 20 seconds"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(pooler)
    }

    /// Returns the URL of a database through the pooler, given its name.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Returns the URL through the pooler for a URL of `fresh_database`.
    #[must_use]
    pub fn before(&self, url: &str) -> String {
        self.url(crate::operator::database_name(url))
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ended = self.watchdog.wait();
    }
}

fn binary() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    let found = folders.into_iter().map(|folder| folder.join("pgbouncer")).find(|path| path.exists());
    found.context("pgbouncer is not installed; `cargo xtask test` installs it (apt-get install pgbouncer)")
}
