//! Counts and checksums, by which two stores are compared.

use sha2::{Digest, Sha256};

use crate::{Row, Source, TABLES, Table};

/// How many rows are in memory at a time.
pub(crate) const BATCH: usize = 1_000;

/// A table's rows, counted and summed up in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The table's name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over every value of every row.
    pub digest: [u8; 32],
}

/// A sum on its way.
pub(crate) struct Summing {
    table: &'static Table,
    rows: u64,
    hash: Sha256,
}

impl Summing {
    pub(crate) fn new(table: &'static Table) -> Self {
        Self { table, rows: 0, hash: Sha256::new() }
    }

    pub(crate) fn add(&mut self, rows: &[Row]) {
        self.rows += rows.len() as u64;
        for value in rows.iter().flatten() {
            value.feed(&mut |bytes| self.hash.update(bytes));
        }
    }

    pub(crate) fn finish(self) -> Sum {
        Sum { table: self.table.name, rows: self.rows, digest: self.hash.finalize().into() }
    }
}

/// The sum of one table; tells how many rows there are with every step.
pub(crate) async fn sum(
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

/// The sums of all tables.
pub async fn sums(source: &mut dyn Source) -> anyhow::Result<Vec<Sum>> {
    let mut sums = vec![];
    for table in TABLES {
        sums.push(sum(source, table, &mut |_| {}).await?);
    }
    Ok(sums)
}
