//! Runs statements on a connection, as long as there is time.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use domain::{Page, StoreError};
use store_common::rows::{CountRow, Row, count};

use crate::deadline;
use crate::errors::store_error;

pub(crate) type Statement = store_common::statement::Statement<Sqlite>;
pub(crate) type Named<Name> = store_common::statement::Named<Sqlite, Name>;

/// Returns the value of the first row, if there is one.
pub(crate) fn one<R>(c: &mut SqliteConnection, statement: Statement) -> Result<Option<R::Value>, StoreError>
where
    R: Row + QueryableByName<Sqlite>,
{
    deadline::check()?;
    let row: Option<R> = statement.get_result(c).optional().map_err(store_error)?;
    row.map(R::value).transpose()
}

/// The same by a statement that has a name.
pub(crate) fn one_named<R, Name: 'static>(
    c: &mut SqliteConnection,
    statement: Named<Name>,
) -> Result<Option<R::Value>, StoreError>
where
    R: Row + QueryableByName<Sqlite>,
{
    deadline::check()?;
    let row: Option<R> = statement.get_result(c).optional().map_err(store_error)?;
    row.map(R::value).transpose()
}

/// Returns the values of all rows.
pub(crate) fn all<R>(c: &mut SqliteConnection, statement: Statement) -> Result<Vec<R::Value>, StoreError>
where
    R: Row + QueryableByName<Sqlite>,
{
    deadline::check()?;
    let rows = statement.load_iter::<R, DefaultLoadingMode>(c).map_err(store_error)?;
    // One after the other: the rows of a long list are not kept beside their values.
    rows.map(|row| row.map_err(store_error)?.value()).collect()
}

/// Returns the count `n` of the one row.
pub(crate) fn number(c: &mut SqliteConnection, statement: Statement) -> Result<i64, StoreError> {
    Ok(one::<CountRow>(c, statement)?.unwrap_or_default())
}

/// Returns a page of a list, and the total of the list.
pub(crate) fn page<R>(
    c: &mut SqliteConnection,
    total: Statement,
    listed: Statement,
) -> Result<Page<R::Value>, StoreError>
where
    R: Row + QueryableByName<Sqlite>,
{
    let total = count(number(c, total)?)?;
    Ok(Page { items: all::<R>(c, listed)?, total })
}

/// Runs a statement; returns the number of rows that it changed.
pub(crate) fn execute(c: &mut SqliteConnection, statement: Statement) -> Result<usize, StoreError> {
    deadline::check()?;
    statement.execute(c).map_err(store_error)
}

/// The same by a statement that has a name.
pub(crate) fn execute_named<Name: 'static>(
    c: &mut SqliteConnection,
    statement: Named<Name>,
) -> Result<usize, StoreError> {
    deadline::check()?;
    statement.execute(c).map_err(store_error)
}

/// Reads with several statements what there was in one moment.
pub(crate) fn in_snapshot<T>(
    c: &mut SqliteConnection,
    read: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut failure = None;
    let done = c.transaction(|c| {
        read(c).map_err(|error| {
            failure = Some(error);
            diesel::result::Error::RollbackTransaction
        })
    });
    done.map_err(|error| failure.take().unwrap_or_else(|| store_error(error)))
}
