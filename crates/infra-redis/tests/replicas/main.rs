//! Several replicas on one Redis: shared state, outages of Redis, and topologies.
#![expect(clippy::unwrap_used, reason = "a test panics where its setup fails")]

mod fixtures;
mod laws;
mod outages;
mod several;
mod topologies;
