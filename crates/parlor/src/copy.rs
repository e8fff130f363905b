//! `parlor copy`: copies all rows of one database into another.
#![expect(clippy::print_stdout, reason = "the output of commands goes to standard output")]

use std::io::IsTerminal;
use std::time::Instant;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use infra_postgres::{Options, PostgresStore};
use store_common::copy::{Progress, Source, Step, Target};

use crate::requirements;
use crate::settings::{Database, Secret, Settings};

/// `parlor copy`
pub(crate) async fn run(settings: &Settings, from: &str, to: &str) -> anyhow::Result<()> {
    let database = |url: &str, name| {
        Database::parse(url).with_context(|| format!("{name} must be sqlite://<path> or postgres://…"))
    };
    let (from, to) = (database(from, "--from")?, database(to, "--to")?);
    let started = Instant::now();
    let mut source = source(from, settings).await.context("can't read from --from")?;
    let target = target(to, settings).await.context("can't write to --to")?;
    let mut progress: Box<dyn Progress> =
        if std::io::stderr().is_terminal() { Box::new(Bar::hidden()) } else { Box::new(Lines) };
    let sums = store_common::copy::copy(&mut *source, target, &mut *progress).await?;
    let rows: u64 = sums.iter().map(|sum| sum.rows).sum();
    println!(
        "copied {rows} rows of {} tables in {} s; counts and checksums are equal",
        sums.len(),
        started.elapsed().as_secs()
    );
    println!(
        "not copied: uploaded files (keep PARLOR_FILES_URL), the key that signs tokens (keep PARLOR_JWT_SECRET or \
         data/jwt.secret), and rows that servers wrote during the copy"
    );
    println!(
        "the uploaded files still belong to the source, and nothing that runs on the copy removes any: once the copy takes \
         its place, run `parlor files adopt` with the copy's DATABASE_URL"
    );
    Ok(())
}

async fn source(database: Database, settings: &Settings) -> anyhow::Result<Box<dyn Source>> {
    match database {
        Database::Sqlite(path) => infra_sqlite::source(path).await,
        Database::Postgres(url) => infra_postgres::source(&options(url, settings)).await,
    }
}

async fn target(database: Database, settings: &Settings) -> anyhow::Result<Box<dyn Target>> {
    match database {
        Database::Sqlite(path) => infra_sqlite::target(path).await,
        Database::Postgres(url) => {
            let options = options(url, settings);
            let examined = PostgresStore::open(&options)?.examine().await?;
            requirements::refuse(examined.into_iter().map(requirements::of_database).collect())?;
            infra_postgres::target(&options).await
        }
    }
}

/// A copy uses one connection.
fn options(url: Secret, settings: &Settings) -> Options {
    Options {
        url: url.0,
        pool_size: 1,
        ca_file: settings.database_ca.clone(),
        prepare: settings.database_prepare,
    }
}

fn verb(step: Step) -> &'static str {
    match step {
        Step::Copy => "copying",
        Step::Check => "checking",
    }
}

/// Progress for logs and pipes: a line at the start of each table.
struct Lines;

impl Progress for Lines {
    fn begin(&mut self, step: Step, table: &'static str, rows: u64) {
        println!("{} {table}: {rows} rows", verb(step));
    }

    fn advance(&mut self, _: u64) {}

    fn end(&mut self) {}
}

/// Progress for terminals: a bar for each table.
struct Bar(ProgressBar);

impl Bar {
    fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }
}

impl Progress for Bar {
    fn begin(&mut self, step: Step, table: &'static str, rows: u64) {
        let template = "{prefix:>9} {msg:15} {bar:30} {human_pos}/{human_len} {per_sec} {eta}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.0 = ProgressBar::new(rows).with_style(style).with_prefix(verb(step)).with_message(table);
    }

    fn advance(&mut self, rows: u64) {
        self.0.inc(rows);
    }

    fn end(&mut self) {
        self.0.finish();
    }
}
