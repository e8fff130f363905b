//! Completing the index.

use std::sync::Arc;

use uuid::Uuid;

use super::SearchIndexer;
use crate::{Result, RoomId};

/// The messages and edits of one step: short, since senders to their room wait for it.
const BATCH: u32 = 500;

/// The number of messages and edits that the index lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unindexed {
    /// Messages.
    pub messages: u64,
    /// Edits.
    pub edits: u64,
}

/// Completes the index with what a release without one wrote; for operators.
pub struct IndexMessages {
    pub(crate) indexer: Arc<dyn SearchIndexer>,
}

impl IndexMessages {
    /// Returns how much the index lacks.
    pub async fn unindexed(&self) -> Result<Unindexed> {
        Ok(self.indexer.unindexed().await?)
    }

    /// Adds all that the index lacks, in small steps; reports after each what was added so far. Interrupted, it continues
    /// where it was.
    pub async fn execute(&self, mut report: impl FnMut(Unindexed) + Send) -> Result<Unindexed> {
        let (mut added, mut from) = (Unindexed::default(), None);
        while let Some((room, messages)) = self.indexer.index_room(from, BATCH).await? {
            // Fewer are all of the room. The messages sent to it meanwhile are pending, and get their entries by later sends.
            from = Some(if messages < u64::from(BATCH) { next(room) } else { room });
            added.messages += messages;
            report(added);
        }
        loop {
            let edits = self.indexer.index_edits(BATCH).await?;
            if edits == 0 {
                return Ok(added);
            }
            added.edits += edits;
            report(added);
        }
    }
}

fn next(room: RoomId) -> RoomId {
    RoomId(Uuid::from_u128(room.0.as_u128().saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use mockall::Sequence;
    use mockall::predicate::eq;

    use super::*;
    use crate::search::MockSearchIndexer;
    use crate::testing::room_id;

    #[tokio::test]
    async fn rooms_come_one_after_the_other_and_edits_last() {
        let mut indexer = MockSearchIndexer::new();
        let mut order = Sequence::new();
        let (one, two) = (room_id(1), room_id(2));
        let steps = [
            (None, Some((one, 500))),
            (Some(one), Some((one, 20))),
            (Some(next(one)), Some((two, 3))),
            (Some(next(two)), None),
        ];
        for (from, found) in steps {
            let step = indexer.expect_index_room().with(eq(from), eq(BATCH)).times(1).in_sequence(&mut order);
            step.return_once(move |_, _| Ok(found));
        }
        for edits in [500, 7, 0] {
            let step = indexer.expect_index_edits().with(eq(BATCH)).times(1).in_sequence(&mut order);
            step.return_once(move |_| Ok(edits));
        }
        let mut reports = vec![];
        let index = IndexMessages { indexer: Arc::new(indexer) };
        let added = index.execute(|added| reports.push((added.messages, added.edits))).await.unwrap();
        assert_eq!(added, Unindexed { messages: 523, edits: 507 });
        assert_eq!(reports, [(500, 0), (520, 0), (523, 0), (523, 500), (523, 507)]);
    }
}
