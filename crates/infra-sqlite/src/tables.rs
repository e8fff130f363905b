//! Tables as rows of neutral values, for copies from one store to another.

mod cells;

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use async_trait::async_trait;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use store_common::copy::{Row, Schema, Source, Target, Value};
use store_common::statement::sql;
use store_common::tables::{OWN_COLUMNS, OWN_TABLES, Table};
use tempfile::NamedTempFile;

use crate::database_file::{ensure_no_journal, folder_of, open, publish, temporary};
use crate::query::number;
use cells::{AnyRow, bind, placeholders};

/// The values of one statement: more are no quicker, and take memory. (SQLite's limit is 32,766.)
const VALUES: usize = 3_000;

/// A file that is not read before it is complete and synced needs no journal.
const UNPUBLISHED: &str = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32000;
    PRAGMA temp_store = MEMORY";

/// A database in one transaction; its work runs on threads for blocking work.
struct Tables(Option<SqliteConnection>);

/// Reads the database in that file as it is now. Servers may run meanwhile; their later writes do not show.
pub async fn source(path: PathBuf) -> anyhow::Result<Box<dyn Source>> {
    let opened = tokio::task::spawn_blocking(move || {
        let mut connection = open(&path)?;
        // The first read fixes the snapshot.
        connection.batch_execute("BEGIN; SELECT count(*) FROM sqlite_schema")?;
        anyhow::Ok(connection)
    });
    Ok(Box::new(Tables(Some(opened.await??))))
}

/// Fills a new database, which is published under that name when it is committed; fails where that file exists.
pub async fn target(path: PathBuf) -> anyhow::Result<Box<dyn Target>> {
    let created = tokio::task::spawn_blocking(move || {
        ensure_absent(&path)?;
        let folder = folder_of(&path);
        std::fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
        let file = temporary(folder)?;
        let mut connection = open(file.path())?;
        connection.batch_execute(UNPUBLISHED)?;
        crate::migrations::known()?.run_pending(&mut connection)?;
        connection.batch_execute("BEGIN")?;
        anyhow::Ok(NewDatabase { tables: Tables(Some(connection)), file, path })
    });
    Ok(Box::new(created.await??))
}

fn ensure_absent(path: &Path) -> anyhow::Result<()> {
    ensure!(!path.exists(), "{} exists: name a new file, or move it away", path.display());
    ensure_no_journal(path)
}

struct NewDatabase {
    tables: Tables,
    file: NamedTempFile,
    path: PathBuf,
}

impl Tables {
    async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut SqliteConnection) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let mut connection = self.0.take().context("the transaction was aborted")?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&mut connection);
            (connection, done)
        });
        let (connection, done) = done.await?;
        self.0 = Some(connection);
        done
    }
}

#[async_trait]
impl Source for Tables {
    async fn versions(&mut self) -> anyhow::Result<Vec<String>> {
        self.run(|c| {
            let rows: Vec<NameRow> =
                sql_query("SELECT version AS name FROM __diesel_schema_migrations ORDER BY version")
                    .load(c)?;
            Ok(rows.into_iter().map(|row| row.name).collect())
        })
        .await
    }

    async fn schema(&mut self) -> anyhow::Result<Schema> {
        self.run(|c| {
            let rows: Vec<ColumnRow> = sql_query(
                "SELECT t.name AS table_name, c.name AS column_name
                 FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'
                   AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
            )
            .load(c)?;
            let mut schema = Schema::new();
            let own = |row: &ColumnRow| {
                OWN_TABLES.contains(&row.table_name.as_str())
                    || OWN_COLUMNS.contains(&row.column_name.as_str())
            };
            for row in rows.into_iter().filter(|row| !own(row)) {
                schema.entry(row.table_name).or_default().insert(row.column_name);
            }
            Ok(schema)
        })
        .await
    }

    async fn count(&mut self, table: &'static Table) -> anyhow::Result<u64> {
        let statement = sql(format!("SELECT count(*) AS n FROM {}", table.name));
        self.run(|c| Ok(number(c, statement)?.try_into()?)).await
    }

    async fn rows(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: usize,
    ) -> anyhow::Result<Vec<Row>> {
        let limit = i64::try_from(limit)?;
        self.run(move |c| {
            let (columns, name, key) = (table.list(), table.name, table.key_list());
            let beyond = match &after {
                Some(after) => format!("WHERE ({key}) > ({})", placeholders(after.len())),
                None => String::new(),
            };
            let text = format!("SELECT {columns} FROM {name} {beyond} ORDER BY {key} LIMIT ?");
            let query = bind(sql_query(text).into_boxed(), after.into_iter().flatten());
            let rows: Vec<AnyRow> = query.bind::<BigInt, _>(limit).load(c)?;
            rows.into_iter().map(|row| row.of(table)).collect()
        })
        .await
    }
}

#[async_trait]
impl Target for NewDatabase {
    fn content(&mut self) -> &mut dyn Source {
        &mut self.tables
    }

    async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> anyhow::Result<()> {
        let run = move |c: &mut SqliteConnection| {
            let width = table.columns.len();
            for rows in rows.chunks(VALUES / width) {
                let places = vec![format!("({})", placeholders(width)); rows.len()].join(", ");
                let text = format!("INSERT INTO {} ({}) VALUES {places}", table.name, table.list());
                bind(sql_query(text).into_boxed(), rows.iter().flatten().cloned()).execute(c)?;
            }
            Ok(())
        };
        self.tables.run(run).await
    }

    async fn commit(self: Box<Self>) -> anyhow::Result<()> {
        let Self { mut tables, file, path } = *self;
        tables.run(|c| c.batch_execute("COMMIT").map_err(|error| anyhow!(error))).await?;
        drop(tables);
        tokio::task::spawn_blocking(move || {
            file.as_file().sync_all()?;
            // Another program may have created it meanwhile.
            ensure_absent(&path)?;
            publish(file, &path, false)
        })
        .await?
    }
}

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
}
