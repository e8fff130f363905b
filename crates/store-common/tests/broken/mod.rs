//! Faulty stores.

use anyhow::bail;
use async_trait::async_trait;
use store_common::copy::{Row, Schema, Source, Target, Value};
use store_common::tables::Table;

/// A source that passes calls on to another, with one fault.
pub(crate) struct Faulty {
    pub(crate) inner: Box<dyn Source>,
    pub(crate) fault: Fault,
}

/// The fault of a source.
pub(crate) enum Fault {
    /// Answers this number of reads of messages, and fails afterwards.
    ReadsOfMessages(usize),
    /// Has a migration that this program does not know.
    UnknownMigration,
}

#[async_trait]
impl Source for Faulty {
    async fn versions(&mut self) -> anyhow::Result<Vec<String>> {
        let mut versions = self.inner.versions().await?;
        if matches!(self.fault, Fault::UnknownMigration) {
            versions.push("99990101000001".to_owned());
        }
        Ok(versions)
    }

    async fn schema(&mut self) -> anyhow::Result<Schema> {
        self.inner.schema().await
    }

    async fn count(&mut self, table: &'static Table) -> anyhow::Result<u64> {
        self.inner.count(table).await
    }

    async fn rows(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: usize,
    ) -> anyhow::Result<Vec<Row>> {
        if let Fault::ReadsOfMessages(left) = &mut self.fault
            && table.name == "messages"
        {
            let Some(fewer) = left.checked_sub(1) else { bail!("no answer") };
            *left = fewer;
        }
        self.inner.rows(table, after, limit).await
    }
}

/// A target that changes one letter of a former content of messages.
pub(crate) struct Altering {
    pub(crate) inner: Box<dyn Target>,
}

#[async_trait]
impl Target for Altering {
    fn content(&mut self) -> &mut dyn Source {
        self.inner.content()
    }

    async fn write(&mut self, table: &'static Table, mut rows: Vec<Row>) -> anyhow::Result<()> {
        if table.name == "message_history"
            && let Some(Value::Text(content)) = rows[0].get_mut(2)
        {
            content.replace_range(0..1, "#");
        }
        self.inner.write(table, rows).await
    }

    async fn commit(self: Box<Self>) -> anyhow::Result<()> {
        self.inner.commit().await
    }
}
