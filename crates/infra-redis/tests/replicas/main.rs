//! Several replicas on one Redis: what each does, the others know; and what becomes of that when Redis dies, hangs or
//! comes back.
#![expect(clippy::unwrap_used, reason = "a test whose world is not as it set it up has failed")]

mod dying;
mod laws;
mod several;
mod topologies;
mod world;
