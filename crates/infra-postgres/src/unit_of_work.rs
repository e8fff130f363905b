//! Units of work: a transaction on one connection. The `…Writes` ports are implemented in the file of their concept.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::pg::Pg;
use domain::StoreError;
use domain::store::{Store, UnitOfWork};
use store_common::rows::Row;
use store_common::statement::sql;

use crate::PostgresStore;
use crate::pool::{Connection, Statement};

/// A unit of work over PostgreSQL. Dropped, its connection rolls back.
pub(crate) struct PostgresUnitOfWork {
    pub(crate) connection: Connection,
}

impl PostgresUnitOfWork {
    /// Returns the value of the first row, if there is one.
    pub(crate) async fn one<R>(&mut self, statement: Statement) -> Result<Option<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        self.connection.one::<R>(statement).await
    }

    /// Returns the count `n` of the one row.
    pub(crate) async fn number(&mut self, statement: Statement) -> Result<i64, StoreError> {
        self.connection.number(statement).await
    }

    /// Runs a statement; returns the number of rows that it changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<usize, StoreError> {
        self.connection.execute(statement).await
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let mut connection = self.database.connection().await?;
        connection.begin().await?;
        Ok(Box::new(PostgresUnitOfWork { connection }))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.database.execute(sql("SELECT 1 FROM rooms LIMIT 1")).await.map(drop)
    }
}

#[async_trait]
impl UnitOfWork for PostgresUnitOfWork {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.connection.commit().await
    }
}
