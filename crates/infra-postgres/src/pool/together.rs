//! Statements that share a round trip.

use std::future::poll_fn;
use std::task::Poll;

use diesel::pg::Pg;
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::StoreError;
use futures_util::FutureExt;
use futures_util::future::{MaybeDone, join_all, maybe_done};
use store_common::rows::Row;
use store_common::statement::sql;
use tokio::time::{Instant, timeout_at};

use super::{ANSWER_TIMEOUT, Connection, Statement};
use crate::opening::State;

impl Connection {
    /// Runs the last statements of a transaction in their order, and commits it. The outer error is that of the commit, which
    /// may have taken place; the inner one that of a statement, after which nothing is committed.
    pub(crate) async fn commit_with(
        &mut self,
        statements: Vec<Statement>,
    ) -> Result<Result<(), StoreError>, StoreError> {
        if self.state == State::Transaction {
            return self.commit_after(statements).await;
        }
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        let connection: &AsyncPgConnection = self.inner()?;
        let mut changes: Vec<_> = statements
            .into_iter()
            .map(|statement| Box::pin(maybe_done(run(connection, statement))))
            .collect();
        let ended = async move {
            // A statement is sent when it is first polled, or fails then. The commit is sent after all of them, or not at all.
            poll_fn(|context| {
                for change in &mut changes {
                    let _polled = change.poll_unpin(context);
                }
                Poll::Ready(())
            })
            .await;
            let unsent = changes.iter().any(|change| matches!(**change, MaybeDone::Done(Err(_))));
            let end = sql(if unsent { "ROLLBACK" } else { "COMMIT" });
            let (_, committed) = tokio::join!(biased; join_all(&mut changes), run(connection, end));
            // After an error PostgreSQL rolls back, even by `COMMIT`. The statements behind it fail for that reason alone.
            let failure = changes.iter_mut().find_map(|change| change.as_mut().take_output()?.err());
            failure.map_or_else(|| committed.map(|_| Ok(())), |failure| Ok(Err(failure)))
        };
        let answer = timeout_at(deadline, ended).await;
        match self.answered(answer)? {
            Ok(()) => {
                self.in_transaction = false;
                Ok(Ok(()))
            }
            Err(failure) => Ok(self.answered(Ok(Err(failure)))),
        }
    }

    /// The same in turn, since a pooler may give what is sent behind a commit to another session.
    async fn commit_after(
        &mut self,
        statements: Vec<Statement>,
    ) -> Result<Result<(), StoreError>, StoreError> {
        for statement in statements {
            if let Err(failure) = self.execute(statement).await {
                return Ok(Err(failure));
            }
        }
        self.end("COMMIT", Instant::now() + ANSWER_TIMEOUT).await.map(Ok)
    }
}

pub(super) async fn run(mut connection: &AsyncPgConnection, statement: Statement) -> QueryResult<usize> {
    statement.execute(&mut connection).await
}

pub(super) async fn rows<R>(
    mut connection: &AsyncPgConnection,
    statement: Option<Statement>,
) -> QueryResult<Vec<R>>
where
    R: Row + QueryableByName<Pg>,
{
    match statement {
        Some(statement) => statement.load(&mut connection).await,
        None => Ok(vec![]),
    }
}

pub(super) fn values<R: Row>(rows: Vec<R>) -> Result<Vec<R::Value>, StoreError> {
    rows.into_iter().map(R::value).collect()
}
