//! The laws of the domain's ports, written once and run against each adapter: [`store`] for databases, [`cluster`] for
//! events, presence, marks and limits.
//!
//! A law is a function that takes a fresh adapter and panics where the adapter breaks it. An adapter's tests pass a
//! constructor to [`store_laws!`] or [`cluster_laws!`], which makes one test of each law, so no adapter can leave one
//! out.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a law is a test: it reports failure by panicking"
)]

pub mod cluster;
pub mod store;
