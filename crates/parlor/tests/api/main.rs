//! The API as its users meet it: the real binary, over a real socket, each test with a server and a database of its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test whose world is not as it set it up has failed"
)]

mod accounts;
mod authorization;
mod concurrency;
mod conventions;
mod crash;
mod messages;
mod rooms;
mod support;
