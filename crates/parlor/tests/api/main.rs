//! The API as its users meet it: the real binary, over a real socket, each test with a server and a database of its own.

mod accounts;
mod authorization;
mod concurrency;
mod conventions;
mod crash;
mod messages;
mod rooms;
mod support;
