//! Statements that share a round trip.

use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::StoreError;
use futures_util::future::try_join_all;
use tokio::time::{Instant, timeout_at};

use super::{ANSWER_TIMEOUT, Connection, Statement};

impl Connection {
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
