//! The copy itself.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};

use super::sum::{BATCH, Summing, sum};
use super::{Source, Sum, Target};
use crate::tables::TABLES;

/// A step of the copy of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reads its rows from the source and writes them to the target.
    Copy,
    /// Reads its rows back from the target.
    Check,
}

/// Receives the progress of a copy.
pub trait Progress: Send {
    /// A table with that number of rows begins.
    fn begin(&mut self, step: Step, table: &'static str, rows: u64);

    /// More rows are done.
    fn advance(&mut self, rows: u64);

    /// The table is done.
    fn end(&mut self);
}

/// Copies every row of the source into the empty target, reads all of it back, and commits where counts and checksums
/// equal those of the source; returns them.
pub async fn copy(
    source: &mut dyn Source,
    mut target: Box<dyn Target>,
    progress: &mut dyn Progress,
) -> anyhow::Result<Vec<Sum>> {
    compare(source, target.content()).await?;
    let mut sums = vec![];
    for table in TABLES {
        progress.begin(Step::Copy, table.name, source.count(table).await?);
        let (mut sum, mut after) = (Summing::new(table), None);
        loop {
            let read = source.rows(table, after, BATCH).await;
            let rows = read.with_context(|| format!("can't read {} of the source", table.name))?;
            let Some(last) = rows.last() else { break };
            after = Some(last[..table.key].to_vec());
            sum.add(&rows);
            let count = rows.len() as u64;
            let written = target.write(table, rows).await;
            written.with_context(|| format!("can't write {} of the target", table.name))?;
            progress.advance(count);
        }
        progress.end();
        sums.push(sum.finish());
    }
    for (table, expected) in TABLES.iter().zip(&sums) {
        progress.begin(Step::Check, table.name, expected.rows);
        let found = sum(target.content(), table, &mut |rows| progress.advance(rows)).await;
        let found = found.with_context(|| format!("can't read {} of the target back", table.name))?;
        progress.end();
        ensure!(
            found == *expected,
            "{} came out different ({} rows of {}): nothing was copied",
            table.name,
            found.rows,
            expected.rows
        );
    }
    target.commit().await.context("the target can't be committed")?;
    Ok(sums)
}

/// Fails where the source and the target do not fit each other, or this program.
async fn compare(source: &mut dyn Source, target: &mut dyn Source) -> anyhow::Result<()> {
    let versions = source.versions().await.context("the source is not a database of Parlor")?;
    // This program has just migrated the target.
    let known = target.versions().await?;
    let missing: Vec<_> = known.iter().filter(|version| !versions.contains(version)).cloned().collect();
    ensure!(
        missing.is_empty(),
        "the source lacks the migrations {}: let `parlor migrate run` or `parlor serve` run them first",
        missing.join(", ")
    );
    let unknown: Vec<_> = versions.iter().filter(|version| !known.contains(version)).cloned().collect();
    ensure!(
        unknown.is_empty(),
        "this program does not know the source's migrations {}: copy with the version that made them, or a later one",
        unknown.join(", ")
    );
    let schemas = [("source", source.schema().await?), ("target", target.schema().await?)];
    for table in TABLES {
        let columns: BTreeSet<_> = table.columns.iter().map(|column| column.name.to_owned()).collect();
        for (side, schema) in &schemas {
            ensure!(
                schema.get(table.name) == Some(&columns),
                "the table {} of the {side} is not as its migrations make it",
                table.name
            );
        }
        ensure!(target.count(table).await? == 0, "the target has {} already: it must be empty", table.name);
    }
    Ok(())
}
