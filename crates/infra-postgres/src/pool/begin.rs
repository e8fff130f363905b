//! The beginnings of transactions.

use diesel::pg::Pg;
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use domain::StoreError;
use store_common::rows::Row;
use store_common::statement::sql;
use tokio::time::{Instant, timeout_at};

use super::together::{rows, run, values};
use super::{ANSWER_TIMEOUT, Connection, Statement};
use crate::opening::State;

impl Connection {
    pub(crate) async fn begin(&mut self) -> Result<(), StoreError> {
        self.begin_by(self.state.begin(), Instant::now() + ANSWER_TIMEOUT).await
    }

    /// Begins a transaction that reads all of one moment.
    pub(crate) async fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        self.begin_by(self.state.begin_snapshot(), Instant::now() + ANSWER_TIMEOUT).await
    }

    /// Begins a transaction and returns the first row of its first statement, which is sent along.
    pub(crate) async fn begin_with<R>(&mut self, first: Statement) -> Result<Option<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        let (begin, deadline) = (self.state.begin(), Instant::now() + ANSWER_TIMEOUT);
        self.in_transaction = true;
        // A shared reference to a connection sends before earlier answers are there.
        let connection: &AsyncPgConnection = self.inner()?;
        let (mut beginning, mut reading) = (connection, connection);
        let first = async { first.get_result(&mut reading).await.optional() };
        let both = async {
            let (begun, found) = tokio::join!(beginning.batch_execute(begin), first);
            begun.and(found)
        };
        let answer = timeout_at(deadline, both).await;
        let row: Option<R> = self.answered(answer)?;
        row.map(R::value).transpose()
    }

    /// Begins a transaction and returns the rows of its first statements, which are sent along. Each sees what those before it
    /// waited for.
    pub(crate) async fn begin_with_three<A, B, C>(
        &mut self,
        first: Statement,
        second: Statement,
        third: Option<Statement>,
    ) -> Result<(Vec<A::Value>, Vec<B::Value>, Vec<C::Value>), StoreError>
    where
        A: Row + QueryableByName<Pg>,
        B: Row + QueryableByName<Pg>,
        C: Row + QueryableByName<Pg>,
    {
        let (state, deadline) = (self.state, Instant::now() + ANSWER_TIMEOUT);
        self.in_transaction = true;
        let connection: &AsyncPgConnection = self.inner()?;
        let mut beginning = connection;
        let begin = async {
            match state {
                // Prepared, it need not be parsed.
                State::Session => run(connection, sql(state.begin())).await.map(drop),
                State::Transaction => beginning.batch_execute(state.begin()).await,
            }
        };
        let all = async {
            let (begun, first, second, third) = tokio::join!(
                biased;
                begin,
                rows::<A>(connection, Some(first)),
                rows::<B>(connection, Some(second)),
                rows::<C>(connection, third)
            );
            begun?;
            QueryResult::Ok((first?, second?, third?))
        };
        let answer = timeout_at(deadline, all).await;
        let (first, second, third) = self.answered(answer)?;
        Ok((values(first)?, values(second)?, values(third)?))
    }

    pub(super) async fn begin_by(&mut self, begin: &str, deadline: Instant) -> Result<(), StoreError> {
        self.in_transaction = true;
        let answer = timeout_at(deadline, self.inner()?.batch_execute(begin)).await;
        self.answered(answer)
    }
}
