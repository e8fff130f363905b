//! Statements that share a round trip.

use diesel::pg::Pg;
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::StoreError;
use futures_util::future::try_join_all;
use store_common::rows::Row;
use tokio::time::{Instant, timeout_at};

use super::{ANSWER_TIMEOUT, Connection, Statement};

impl Connection {
    /// Returns the values of all rows of up to three statements.
    pub(crate) async fn all_of_three<A, B, C>(
        &mut self,
        first: Statement,
        second: Option<Statement>,
        third: Option<Statement>,
    ) -> Result<(Vec<A::Value>, Vec<B::Value>, Vec<C::Value>), StoreError>
    where
        A: Row + QueryableByName<Pg>,
        B: Row + QueryableByName<Pg>,
        C: Row + QueryableByName<Pg>,
    {
        let alone = self.enter().await?;
        let connection: &AsyncPgConnection = self.inner()?;
        let all = async {
            tokio::try_join!(
                rows::<A>(connection, Some(first)),
                rows::<B>(connection, second),
                rows::<C>(connection, third)
            )
        };
        let answer = timeout_at(alone.deadline, all).await;
        let (first, second, third) = self.leave(alone, answer).await?;
        Ok((values(first)?, values(second)?, values(third)?))
    }

    /// Runs statements of a transaction, none of which depends on another.
    pub(crate) async fn execute_together(&mut self, statements: Vec<Statement>) -> Result<(), StoreError> {
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        let connection: &AsyncPgConnection = self.inner()?;
        let all = statements.into_iter().map(|statement| async move {
            let mut connection = connection;
            statement.execute(&mut connection).await
        });
        let answer = timeout_at(deadline, try_join_all(all)).await;
        self.answered(answer).map(drop)
    }
}

async fn rows<R>(mut connection: &AsyncPgConnection, statement: Option<Statement>) -> QueryResult<Vec<R>>
where
    R: Row + QueryableByName<Pg>,
{
    match statement {
        Some(statement) => statement.load(&mut connection).await,
        None => Ok(vec![]),
    }
}

fn values<R: Row>(rows: Vec<R>) -> Result<Vec<R::Value>, StoreError> {
    rows.into_iter().map(R::value).collect()
}
