//! Servers for tests. Each has a temporary folder, listens on a socket in it or on a free port of loopback, and ends with
//! the process that started it, however that ends.

#[cfg(feature = "tls")]
mod certificates;
mod operator;
mod pgbouncer;
mod postgres;
mod redis;
mod s3;
mod watchdog;

pub use pgbouncer::PgBouncer;
pub use postgres::{Durability, Postgres, fresh_database, run_script};
pub use redis::{RedisCluster, RedisServer, free_port};
pub use s3::S3Server;
