//! The time limit of statements.
//!
//! SQLite has none of its own, and Diesel gives no safe access to its progress handler. So a connection for statements
//! whose work no index bounds reads every table through a view, which asks with each row if there is time left
//! (`docs/adr/0026-sqlite-statements-check-the-time-by-row.md`).

use std::cell::Cell;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::serialize::{Output, Result as Serialized, ToSql};
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, SqliteConnection};
use domain::StoreError;
use store_common::tables::{TABLES, Table};

/// The time of the statements of a list or a search together, as of one statement on PostgreSQL.
pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_millis(1_100);

/// The time in which work by keys, or a transaction, begins its last statement. Longer than the above: an index bounds each
/// statement, and what is rolled back was in vain.
pub(crate) const WORK_TIMEOUT: Duration = Duration::from_secs(5);

/// The error of a statement whose time is over.
pub(crate) const TIMEOUT_MESSAGE: &str = "statement timeout";

thread_local! {
    /// The end of the time of the work that runs on this thread.
    static END: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Runs work whose statements fail once the limit has passed.
pub(crate) fn within<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let _restored = Restored(END.replace(Some(Instant::now() + limit)));
    work()
}

/// Sets the former end again, also after a panic: threads are used again.
struct Restored(Option<Instant>);

impl Drop for Restored {
    fn drop(&mut self) {
        END.set(self.0);
    }
}

fn is_over() -> bool {
    END.get().is_some_and(|end| Instant::now() >= end)
}

/// Fails where the time is over, before the next statement of the work.
pub(crate) fn check() -> Result<(), StoreError> {
    if is_over() { Err(StoreError::Unavailable(TIMEOUT_MESSAGE.to_owned())) } else { Ok(()) }
}

/// The answer of the function `in_time`: true, or an error that ends the statement.
#[derive(Debug)]
struct InTime;

impl ToSql<Bool, Sqlite> for InTime {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> Serialized {
        if is_over() {
            return Err(TIMEOUT_MESSAGE.into());
        }
        <bool as ToSql<Bool, Sqlite>>::to_sql(&true, out)
    }
}

/// Makes every statement of the connection check the time with each row that it reads. The function takes a column of
/// the row, since SQLite would call one without arguments once for all rows.
pub(crate) fn guard(connection: &mut SqliteConnection) -> QueryResult<()> {
    connection.register_sql_function::<(BigInt,), Bool, (i64,), _, _>("in_time", false, |_| InTime)?;
    let view = |table: &Table| {
        let (name, key) = (table.name, table.columns[0].name);
        // By it the index of texts finds a room; not every table has one.
        let rowid = if name == "rooms" { "rowid, " } else { "" };
        format!("CREATE TEMP VIEW {name} AS SELECT {rowid}* FROM main.{name} WHERE in_time({key});")
    };
    connection.batch_execute(&TABLES.iter().map(view).collect::<Vec<_>>().concat())
}

#[cfg(test)]
mod tests {
    use diesel::Connection;
    use store_common::statement::sql;

    use super::*;
    use crate::query::number;

    /// A guarded connection to a database with every table, of these columns' names alone.
    fn guarded() -> SqliteConnection {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        for table in TABLES {
            connection.batch_execute(&format!("CREATE TABLE {} ({})", table.name, table.list())).unwrap();
        }
        guard(&mut connection).unwrap();
        connection
    }

    fn with_users(count: u32) -> SqliteConnection {
        let mut connection = guarded();
        let rows = format!(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT {count})
             INSERT INTO main.users (id) SELECT n FROM n"
        );
        connection.batch_execute(&rows).unwrap();
        connection
    }

    #[test]
    fn every_table_is_read_through_its_view() {
        let mut connection = guarded();
        for table in TABLES {
            let statement = sql(format!("SELECT count(*) AS n FROM {}", table.name));
            assert_eq!(within(STATEMENT_TIMEOUT, || number(&mut connection, statement)).unwrap(), 0);
        }
    }

    #[test]
    fn a_statement_is_ended_in_the_middle_and_its_connection_is_used_again() {
        let mut connection = with_users(1_000);
        let endless = || sql("SELECT count(*) AS n FROM users a, users b, users c, users d");
        let limit = Duration::from_millis(20);
        let begun = Instant::now();
        let ended = within(limit, || number(&mut connection, endless()));
        assert!(
            matches!(&ended, Err(StoreError::Unavailable(cause)) if cause.contains(TIMEOUT_MESSAGE)),
            "{ended:?}"
        );
        assert!(begun.elapsed() < Duration::from_secs(10));
        let next =
            within(STATEMENT_TIMEOUT, || number(&mut connection, sql("SELECT count(*) AS n FROM users")));
        assert_eq!(next.unwrap(), 1_000);
    }

    #[test]
    fn no_statement_begins_when_the_time_is_over() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        let late = within(Duration::ZERO, || number(&mut connection, sql("SELECT 1 AS n")));
        assert!(matches!(late, Err(StoreError::Unavailable(_))));
        assert_eq!(number(&mut connection, sql("SELECT 1 AS n")).unwrap(), 1);
    }
}
