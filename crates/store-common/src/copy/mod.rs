//! Copies a whole store, row by row, into another of either kind.
//!
//! Rows have neutral values here; each store translates them to and from its own types. A test compares
//! [`TABLES`](crate::tables::TABLES) with the real schemas.

mod run;
mod sum;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::tables::Table;
pub use run::{Progress, Step, copy};
pub use sum::{Sum, sums};
pub use value::{Row, Value};

/// The columns of each table, by the table's name.
pub type Schema = BTreeMap<String, BTreeSet<String>>;

/// A store that is read as it is at one moment: later writes of others do not show.
#[async_trait]
pub trait Source: Send {
    /// Returns the versions of the applied migrations, in their order.
    async fn versions(&mut self) -> anyhow::Result<Vec<String>>;

    /// Returns every table that exists, except [`OWN_TABLES`](crate::tables::OWN_TABLES).
    async fn schema(&mut self) -> anyhow::Result<Schema>;

    /// Returns the number of a table's rows.
    async fn count(&mut self, table: &'static Table) -> anyhow::Result<u64>;

    /// Returns at most `limit` rows in the order of their keys, from behind the key `after`.
    async fn rows(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: usize,
    ) -> anyhow::Result<Vec<Row>>;
}

/// A store, migrated by this program, that is being filled. Its content shows only once it is committed; dropped before,
/// it leaves nothing.
#[async_trait]
pub trait Target: Send {
    /// Returns its content so far.
    fn content(&mut self) -> &mut dyn Source;

    /// Adds rows to a table.
    async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> anyhow::Result<()>;

    /// Makes everything durable and visible at once.
    async fn commit(self: Box<Self>) -> anyhow::Result<()>;
}
