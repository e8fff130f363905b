//! Users who put a server under load: `cargo xtask load`, and a test of the program.

pub mod users;
