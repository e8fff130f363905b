//! Counts and checksums, by which two stores are compared.

use sha2::{Digest, Sha256};

use super::{Row, Source};
use crate::tables::{TABLES, Table};

/// The number of rows in memory at a time.
pub(super) const BATCH: usize = 1_000;

/// The count and checksum of a table's rows, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The table's name.
    pub table: &'static str,
    /// The number of its rows.
    pub rows: u64,
    /// SHA-256 over every value of every row.
    pub digest: [u8; 32],
}

/// A sum in progress.
pub(super) struct Summing {
    table: &'static Table,
    rows: u64,
    hash: Sha256,
}

impl Summing {
    pub(super) fn new(table: &'static Table) -> Self {
        Self { table, rows: 0, hash: Sha256::new() }
    }

    pub(super) fn add(&mut self, rows: &[Row]) {
        self.rows += rows.len() as u64;
        for value in rows.iter().flatten() {
            value.feed(&mut |bytes| self.hash.update(bytes));
        }
    }

    pub(super) fn finish(self) -> Sum {
        Sum { table: self.table.name, rows: self.rows, digest: self.hash.finalize().into() }
    }
}

/// Returns the sum of one table; calls `advance` with the number of rows of every step.
pub(super) async fn sum(
    source: &mut dyn Source,
    table: &'static Table,
    advance: &mut (dyn FnMut(u64) + Send),
) -> anyhow::Result<Sum> {
    let (mut sum, mut after) = (Summing::new(table), None);
    loop {
        let rows = source.rows(table, after, BATCH).await?;
        let Some(last) = rows.last() else { return Ok(sum.finish()) };
        after = Some(last[..table.key].to_vec());
        sum.add(&rows);
        advance(rows.len() as u64);
    }
}

/// Returns the sums of all tables.
pub async fn sums(source: &mut dyn Source) -> anyhow::Result<Vec<Sum>> {
    let mut sums = vec![];
    for table in TABLES {
        sums.push(sum(source, table, &mut |_| {}).await?);
    }
    Ok(sums)
}
