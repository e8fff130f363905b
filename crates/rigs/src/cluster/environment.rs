//! The environment of a run: three replicas of the program on one PostgreSQL and one Redis, with nginx in front.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use tempfile::TempDir;
use test_support::{Durability, Postgres, RedisServer};

use crate::nginx::Nginx;
use crate::replica::Replica;

/// The servers; dropped, they end from the top to the bottom.
pub(crate) struct Environment {
    pub(crate) nginx: Nginx,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) redis: RedisServer,
    _postgres: Postgres,
    folder: TempDir,
    begun: Instant,
}

impl Environment {
    /// Starts everything; `parlor` is the program.
    pub(crate) async fn start(parlor: &Path) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let folder = tempfile::Builder::new().prefix("parlor-cluster-").tempdir()?;
        let postgres = Postgres::start(Durability::Full)?;
        let redis = RedisServer::start()?;
        let settings = [("DATABASE_URL", postgres.database()?), ("REDIS_URL", redis.url())];
        let mut replicas = vec![];
        for number in 1..=3 {
            replicas.push(Replica::new(number, parlor, folder.path(), &settings)?);
        }
        // At the same time: they take turns with the schema.
        for replica in &mut replicas {
            replica.launch()?;
        }
        for replica in &mut replicas {
            replica.wait_until_ready().await?;
        }
        let addresses: Vec<_> = replicas.iter().map(Replica::address).collect();
        let nginx = Nginx::start(folder.path(), &addresses)?;
        Ok(Self { nginx, replicas, redis, _postgres: postgres, folder, begun })
    }

    /// Prints a line with the time since the start.
    pub(crate) fn log(&self, line: &str) {
        println!("{:6.1} s  {line}", self.begun.elapsed().as_secs_f64());
    }

    /// Waits until every replica reports that it is ready, with Redis.
    pub(crate) async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        for replica in &mut self.replicas {
            replica.wait_until_ready().await?;
        }
        Ok(())
    }

    /// Fails where a replica has panicked, by its log.
    pub(crate) fn check_for_panics(&self) -> anyhow::Result<()> {
        for replica in &self.replicas {
            let log = std::fs::read_to_string(replica.log())?;
            let panic = log.lines().find(|line| line.contains("panicked at"));
            ensure!(panic.is_none(), "{}: {}", replica.name(), panic.unwrap_or_default());
        }
        Ok(())
    }

    /// Keeps the folder with the logs and returns its path.
    pub(crate) fn keep_logs(&mut self) -> std::path::PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }
}
