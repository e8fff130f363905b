//! The port for kept answers.

use async_trait::async_trait;

use super::{KeptAnswer, NewAnswer};
use crate::{AnswerId, StoreError, Timestamp};

/// Keeps answers in a unit of work.
#[async_trait]
pub trait IdempotencyWrites: Send {
    /// Returns the answer kept under that id; `None` where there is none, or it was kept at `lapsed` or before.
    async fn kept_answer(
        &mut self,
        id: AnswerId,
        lapsed: Timestamp,
    ) -> Result<Option<KeptAnswer>, StoreError>;

    /// Keeps an answer in the place of one that was kept at `lapsed` or before. Returns `false` where a later one is
    /// there. Of concurrent units that keep an answer under one id, one alone MUST get `true` and commit.
    async fn keep_answer(&mut self, answer: NewAnswer, lapsed: Timestamp) -> Result<bool, StoreError>;
}
