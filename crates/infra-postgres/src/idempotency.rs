//! Answers that are kept for repeats.

use async_trait::async_trait;
use domain::idempotency::{IdempotencyWrites, KeptAnswer, NewAnswer};
use domain::{AnswerId, StoreError, Timestamp};
use store_common::rows::KeptAnswerRow;
use store_common::statements;

use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl IdempotencyWrites for PostgresUnitOfWork {
    async fn kept_answer(
        &mut self,
        id: AnswerId,
        lapsed: Timestamp,
    ) -> Result<Option<KeptAnswer>, StoreError> {
        self.one::<KeptAnswerRow>(statements::kept_answer(id, lapsed)).await
    }

    async fn keep_answer(&mut self, answer: NewAnswer, lapsed: Timestamp) -> Result<bool, StoreError> {
        Ok(self.execute(statements::keep_answer(answer, lapsed)).await? > 0)
    }
}
