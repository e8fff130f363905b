//! Black-box tests of the API on PostgreSQL: the real binary over real sockets, each test with a server and a database of its
//! own.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed setup fails the test")]

mod admission;
mod failover;
mod growth;
mod outage;
mod receivers;
mod replica_subscriptions;
mod replicas;
mod shared_people;
mod socket;
mod suite;
mod support;

/// True where the servers of this run use PostgreSQL.
const ON_POSTGRES: bool = true;
