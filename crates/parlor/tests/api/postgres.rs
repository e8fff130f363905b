//! The API as its users meet it, on PostgreSQL: the real binary, over a real socket, each test with a server and a database of
//! its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test whose world is not as it set it up has failed"
)]

mod outage;
mod receivers;
mod replicas;
mod socket;
mod suite;
mod support;

/// What the servers of this run keep their data in.
const ON_POSTGRES: bool = true;
