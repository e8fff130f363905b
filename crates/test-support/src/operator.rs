//! The statements of an operator of a throwaway PostgreSQL: failovers, and databases that only read.

use crate::Postgres;

impl Postgres {
    /// Makes a standby the primary; returns once it takes writes.
    pub fn promote(&self) -> anyhow::Result<()> {
        self.run("SELECT pg_promote()")
    }

    /// Has every commit wait until a standby has it on its disk.
    pub fn replicate_synchronously(&self) -> anyhow::Result<()> {
        self.run("ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        self.run("SELECT pg_reload_conf()")
    }

    /// Sets whether sessions of a database that begin from now on only read.
    pub fn set_only_reads(&self, url: &str, only_reads: bool) -> anyhow::Result<()> {
        let value = if only_reads { "on" } else { "off" };
        let name = database_name(url);
        self.run(&format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}"))
    }

    /// Ends the sessions of a database.
    pub fn end_sessions(&self, url: &str) -> anyhow::Result<()> {
        let name = database_name(url);
        self.run(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
    }
}

/// Returns the name of the database in a URL of `Postgres::database`.
pub(crate) fn database_name(url: &str) -> &str {
    url.trim_start_matches("postgres:///").split('?').next().unwrap_or_default()
}
