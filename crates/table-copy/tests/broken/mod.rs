//! Stores that are not as they should be.

use anyhow::bail;
use async_trait::async_trait;
use table_copy::{Row, Schema, Source, Table, Target, Value};

/// Answers about one table so many times only.
pub(crate) struct Deaf {
    pub(crate) inner: Box<dyn Source>,
    pub(crate) table: &'static str,
    pub(crate) answers: usize,
}

#[async_trait]
impl Source for Deaf {
    async fn versions(&mut self) -> anyhow::Result<Vec<String>> {
        self.inner.versions().await
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
        if table.name == self.table {
            match self.answers.checked_sub(1) {
                Some(left) => self.answers = left,
                None => bail!("no answer"),
            }
        }
        self.inner.rows(table, after, limit).await
    }
}

/// Has a migration that nobody knows.
pub(crate) struct Upgraded {
    pub(crate) inner: Box<dyn Source>,
}

#[async_trait]
impl Source for Upgraded {
    async fn versions(&mut self) -> anyhow::Result<Vec<String>> {
        let mut versions = self.inner.versions().await?;
        versions.push("99990101000001".to_owned());
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
        self.inner.rows(table, after, limit).await
    }
}

/// Writes another letter into what messages said.
pub(crate) struct Forger {
    pub(crate) inner: Box<dyn Target>,
}

#[async_trait]
impl Target for Forger {
    fn content(&mut self) -> &mut dyn Source {
        self.inner.content()
    }

    async fn write(&mut self, table: &'static Table, mut rows: Vec<Row>) -> anyhow::Result<()> {
        if table.name == "message_history"
            && let Some(Value::Text(words)) = rows[0].get_mut(2)
        {
            words.replace_range(0..1, "#");
        }
        self.inner.write(table, rows).await
    }

    async fn commit(self: Box<Self>) -> anyhow::Result<()> {
        self.inner.commit().await
    }
}
