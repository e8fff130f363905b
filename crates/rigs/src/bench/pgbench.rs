//! PostgreSQL alone: the statements of the baseline, sent by pgbench.

use std::path::Path;

use anyhow::Context;
use test_support::Postgres;

use crate::rows::Alone;
use crate::sample::{Sample, Watch};
use crate::subject::{Name, Subject, postmaster};

/// Runs a statement for some seconds from so many clients. Starting them takes a little of the database's time.
pub(crate) fn run(
    (postgres, database): (&Postgres, &str),
    statements: &Path,
    work: &Alone,
    clients: usize,
    seconds: u64,
) -> anyhow::Result<Sample> {
    let statement = std::fs::read_to_string(statements.join(format!("{}.sql", work.statement)))?;
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("script.sql");
    std::fs::write(&script, format!("{}{};\n", work.variables, statement.trim_end()))?;
    let mut pgbench = postgres.program("pgbench")?;
    pgbench.args([
        "-n",
        "-M",
        "prepared",
        "-j",
        "2",
        "-U",
        "postgres",
        "-D",
        "content=Hello, everyone in the room!",
    ]);
    pgbench.args(["-D", "pattern=%general%", "-c", &clients.to_string(), "-T", &seconds.max(1).to_string()]);
    pgbench.arg("-h").arg(postgres.socket()).arg("-f").arg(&script).arg(database);
    let alone = Subject { name: Name::Floor, server: None, database: Some(postmaster(postgres)?) };
    let watch = Watch::begin(&alone)?;
    let output = pgbench.output().context("pgbench does not start")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let count =
        text.lines().find_map(|line| line.strip_prefix("number of transactions actually processed: "));
    let count = count.and_then(|count| count.split('/').next()?.trim().parse().ok());
    let count =
        count.with_context(|| format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
    watch.end(count, None)
}

#[cfg(test)]
mod tests {
    use test_support::Durability;

    use super::*;
    use crate::rows::{ROWS, Work};
    use crate::world::{Size, World};

    #[test]
    fn every_row_with_a_statement_of_the_baseline_runs_it() {
        let postgres = Postgres::start(Durability::None).unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline");
        let scratch = tempfile::tempdir().unwrap();
        let size = Size { rooms: 1_100, members: 100 };
        let database = World::fill_baseline(&folder, &postgres, size, scratch.path()).unwrap();
        let (database, statements) = ((&postgres, database.as_str()), folder.join("statements"));
        std::thread::scope(|scope| {
            for row in ROWS {
                let Work::Http { alone: Some(alone), .. } = &row.work else { continue };
                let statements = &statements;
                scope.spawn(move || {
                    let sample = run(database, statements, alone, 2, 1).unwrap();
                    assert!(sample.rate > 0.0, "{}", row.id);
                });
            }
        });
    }
}
