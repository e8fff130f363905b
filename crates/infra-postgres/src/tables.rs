//! Tables as rows of neutral values, for copies from one store to another: the client below Diesel reads them by their
//! types and writes them by COPY.

mod cells;

use std::pin::pin;

use anyhow::Context;
use async_trait::async_trait;
use store_common::copy::{Row, Schema, Source, Target, Value};
use store_common::tables::{OWN_COLUMNS, OWN_TABLES, TABLES, Table};
use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::ToSql;

use crate::pool::Database;
use crate::{Options, migrations};
use cells::{Cell, Found};

/// A copy may take long, but waits for locks for five seconds only. The settings are the transaction's: a pooler may give what
/// is outside to another session.
const SETTINGS: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL lock_timeout = 5000; SET LOCAL synchronous_commit = on";

/// A database in one transaction, which ends with the connection.
struct Tables(Client);

/// Reads the database as it is now. Servers may run meanwhile; their later writes do not show.
pub async fn source(options: &Options) -> anyhow::Result<Box<dyn Source>> {
    let client = Database::open(options)?.client().await?;
    // The first read fixes the snapshot.
    let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {SETTINGS}; SELECT 1");
    client.batch_execute(&begin).await?;
    Ok(Box::new(Tables(client)))
}

/// Fills a database whose tables are empty; creates them where they are missing. Locks them against other writers.
pub async fn target(options: &Options) -> anyhow::Result<Box<dyn Target>> {
    let database = Database::open(options)?;
    migrations::run_pending(&database).await?;
    let client = database.client().await?;
    client.batch_execute(&format!("BEGIN; {SETTINGS}")).await?;
    let all = TABLES.iter().map(|table| table.name).collect::<Vec<_>>().join(", ");
    let locked = client.batch_execute(&format!("LOCK TABLE {all} IN EXCLUSIVE MODE")).await;
    locked.context("the target is in use: stop the servers that run on it")?;
    Ok(Box::new(Filling(Tables(client))))
}

struct Filling(Tables);

#[async_trait]
impl Source for Tables {
    async fn versions(&mut self) -> anyhow::Result<Vec<String>> {
        let text = "SELECT version FROM __diesel_schema_migrations ORDER BY version";
        let rows = self.0.query(text, &[]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    async fn schema(&mut self) -> anyhow::Result<Schema> {
        let rows = self
            .0
            .query(
                "SELECT c.relname::text, a.attname::text FROM pg_class c
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
                   AND c.relname <> ALL ($1) AND a.attname <> ALL ($2)",
                &[&OWN_TABLES.as_slice(), &OWN_COLUMNS.as_slice()],
            )
            .await?;
        let mut schema = Schema::new();
        for row in rows {
            schema.entry(row.try_get(0)?).or_default().insert(row.try_get(1)?);
        }
        Ok(schema)
    }

    async fn count(&mut self, table: &'static Table) -> anyhow::Result<u64> {
        let row = self.0.query_one(&format!("SELECT count(*) FROM {}", table.name), &[]).await?;
        Ok(row.try_get::<_, i64>(0)?.try_into()?)
    }

    async fn rows(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: usize,
    ) -> anyhow::Result<Vec<Row>> {
        let (columns, name, key) = (table.list(), table.name, table.key_list());
        let after = after.unwrap_or_default();
        let beyond = if after.is_empty() {
            String::new()
        } else {
            let places: Vec<_> = (1..=after.len()).map(|place| format!("${place}")).collect();
            format!("WHERE ({key}) > ({})", places.join(", "))
        };
        let text = format!("SELECT {columns} FROM {name} {beyond} ORDER BY {key} LIMIT {limit}");
        let cells: Vec<_> = after.iter().map(Cell).collect();
        let parameters: Vec<_> = cells.iter().map(|cell| cell as &(dyn ToSql + Sync)).collect();
        let value = |row: &tokio_postgres::Row, place: usize| {
            let column = &table.columns[place];
            let Found(value) = row.try_get(place)?;
            value.checked(column.kind).with_context(|| format!("{name}.{}", column.name))
        };
        let found = self.0.query(&text, &parameters).await?;
        found.iter().map(|row| (0..row.len()).map(|place| value(row, place)).collect()).collect()
    }
}

#[async_trait]
impl Target for Filling {
    fn content(&mut self) -> &mut dyn Source {
        &mut self.0
    }

    async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> anyhow::Result<()> {
        let Self(Tables(client)) = self;
        let (columns, name) = (table.list(), table.name);
        let shape = client.prepare(&format!("SELECT {columns} FROM {name}")).await?;
        let types: Vec<_> = shape.columns().iter().map(|column| column.type_().clone()).collect();
        let sink = client.copy_in(&format!("COPY {name} ({columns}) FROM STDIN BINARY")).await?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
        for row in &rows {
            let cells: Vec<_> = row.iter().map(Cell).collect();
            writer.as_mut().write_raw(&cells).await?;
        }
        writer.finish().await?;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> anyhow::Result<()> {
        let Self(Tables(client)) = *self;
        client.batch_execute("COMMIT").await?;
        // Without statistics of the new rows, the first queries would be planned badly.
        client
            .batch_execute("ANALYZE")
            .await
            .context("everything is copied, but ANALYZE failed; run it by hand")
    }
}
