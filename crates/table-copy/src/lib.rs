//! Everything of one store, row by row, into another of whatever kind.
//!
//! Rows are neutral here: what a database calls a type is its adapter's to say. This crate knows which tables and columns
//! there are ([`TABLES`]), but no domain and no SQL. A migration that adds to them adds here too: a test compares them
//! with the real schemas.

mod copy;
mod sum;
mod tables;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

pub use copy::{Progress, Step, copy};
pub use sum::{Sum, sums};
pub use tables::{Column, Kind, TABLES, Table};
pub use value::{Row, Value};

/// Tables, and the columns of each.
pub type Schema = BTreeMap<String, BTreeSet<String>>;

/// What can be read of a store, as it is at one moment: what others write meanwhile does not show.
#[async_trait]
pub trait Source: Send {
    /// The versions of the migrations that were run, in their order.
    async fn versions(&mut self) -> anyhow::Result<Vec<String>>;

    /// Every table that there really is, but for the one of the migrations.
    async fn schema(&mut self) -> anyhow::Result<Schema>;

    /// How many rows a table has.
    async fn count(&mut self, table: &'static Table) -> anyhow::Result<u64>;

    /// The next rows in the order of their keys, from after that key on; at most `limit`.
    async fn rows(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: usize,
    ) -> anyhow::Result<Vec<Row>>;
}

/// A store of this program's migrations that is filled. Until it is committed, nobody sees any of it; dropped before, it
/// leaves nothing.
#[async_trait]
pub trait Target: Send {
    /// What is in it by now.
    fn content(&mut self) -> &mut dyn Source;

    /// Adds rows to a table.
    async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> anyhow::Result<()>;

    /// Makes everything durable and visible at once.
    async fn commit(self: Box<Self>) -> anyhow::Result<()>;
}
