//! The quota of bytes: what a user's files may take, with what is reserved for uploads in progress.

use std::sync::Arc;

use time::Duration;

use super::Reservation;
use crate::quota::QuotaKind;
use crate::store::Store;
use crate::{Clock, FileId, Refusal, Result, Timestamp, UserId};

/// The time for which a reservation holds without renewal: an upload whose server crashed takes no space for longer.
const LEASE: Duration = Duration::seconds(90);
/// The time after which the next chunk renews it.
const RENEWAL: Duration = Duration::seconds(30);
/// The most bytes that an upload of unknown length reserves ahead of those that have arrived.
const AHEAD: u64 = 8 * 1024 * 1024;
/// The part of the room that it takes ahead at most, so that it hardly keeps others from theirs.
const SHARE: u64 = 16;

/// Returns the bytes to reserve: the `needed` ones, and up to `ahead` more. Rejects what exceeds the quota of `most` bytes
/// together with the `others` of the same user.
pub(super) fn grant(most: u64, others: u64, needed: u64, ahead: u64) -> Result<u64> {
    let room = most.saturating_sub(others);
    let left = room.checked_sub(needed).ok_or(Refusal::QuotaExceeded(QuotaKind::Files))?;
    Ok(needed + ahead.min(left / SHARE))
}

/// The reservation of one upload, which grows with its bytes.
pub(super) struct Space {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    /// The most bytes of the user's files; `None` reserves nothing.
    pub quota: Option<u64>,
    pub file: FileId,
    pub user: UserId,
    /// The length of the file, where the client announced it.
    pub expected: Option<u64>,
    pub reserved: u64,
    pub renew_at: Timestamp,
}

impl Space {
    /// Reserves the length of the file, where that is known.
    pub(super) async fn open(&mut self) -> Result<()> {
        match (self.quota, self.expected) {
            (Some(most), Some(expected)) => self.reserve(most, expected, 0).await,
            _ => Ok(()),
        }
    }

    /// Reserves more where `size` bytes have arrived and are not reserved, and renews the reservation in time.
    pub(super) async fn grow(&mut self, size: u64) -> Result<()> {
        let Some(most) = self.quota else { return Ok(()) };
        if size <= self.reserved && self.clock.now() < self.renew_at {
            return Ok(());
        }
        match self.expected {
            Some(expected) if size <= expected => self.reserve(most, expected, 0).await,
            _ => self.reserve(most, size, AHEAD).await,
        }
    }

    async fn reserve(&mut self, most: u64, needed: u64, ahead: u64) -> Result<()> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let used = work.lock_usage(self.user, now).await?;
        let own = work.release(self.file).await?;
        let bytes = grant(most, used.saturating_sub(own), needed, ahead)?;
        let expires_at = now.plus(LEASE);
        work.reserve(Reservation { file: self.file, user: self.user, bytes, expires_at }).await?;
        work.commit().await?;
        (self.reserved, self.renew_at) = (bytes, now.plus(RENEWAL));
        Ok(())
    }

    /// Gives back what is reserved.
    pub(super) async fn release(self) -> Result<()> {
        if self.reserved == 0 {
            return Ok(());
        }
        let mut work = self.store.begin().await?;
        work.lock_usage(self.user, self.clock.now()).await?;
        work.release(self.file).await?;
        Ok(work.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{at, clock, file_id, refusal, sessionless, user_id};

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_grant_never_exceeds_the_quota_and_never_is_less_than_needed() {
        let exceeded = None;
        for (others, needed, ahead, granted) in [
            (0, 10, 0, Some(10)),
            (0, 100, 0, Some(100)),
            (0, 101, 0, exceeded),
            (90, 10, 0, Some(10)),
            (91, 10, 0, exceeded),
            (100, 0, 0, Some(0)),
            (0, 20, 50, Some(25)),
            (0, 20, 3, Some(23)),
            (80, 20, 50, Some(20)),
            // The quota was lowered.
            (200, 0, 50, Some(0)),
            (200, 1, 0, exceeded),
            (0, u64::MAX, u64::MAX, exceeded),
        ] {
            match grant(100, others, needed, ahead) {
                Ok(bytes) => assert_eq!(Some(bytes), granted, "{others} {needed} {ahead}"),
                refused => {
                    assert_eq!(refusal(refused), Refusal::QuotaExceeded(QuotaKind::Files));
                    assert_eq!(granted, None, "{others} {needed} {ahead}");
                }
            }
        }
    }

    fn space(store: Arc<MockStore>, quota: Option<u64>, now: i64) -> Space {
        Space {
            store,
            clock: clock(now),
            quota,
            file: file_id(9),
            user: user_id(1),
            expected: None,
            reserved: 0,
            renew_at: at(30 * SECOND),
        }
    }

    /// The user has `used` bytes, `own` of them for this upload; that many are reserved then.
    fn reserving(used: u64, own: u64, bytes: u64, now: i64) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        work.expect_lock_usage().with(eq(user_id(1)), eq(at(now))).times(1).returning(move |_, _| Ok(used));
        work.expect_release().with(eq(file_id(9))).times(1).returning(move |_| Ok(own));
        let expires_at = at(now + 90 * SECOND);
        let reservation = Reservation { file: file_id(9), user: user_id(1), bytes, expires_at };
        work.expect_reserve().with(eq(reservation)).times(1).returning(|_| Ok(()));
        work.expect_commit().times(1).returning(|| Ok(()));
        work
    }

    #[tokio::test]
    async fn an_upload_reserves_its_length_or_else_a_piece_ahead_of_what_arrives() {
        let mut known =
            Space { expected: Some(70), ..space(sessionless([reserving(30, 0, 70, 0)]), Some(100), 0) };
        known.open().await.unwrap();
        known.grow(70).await.unwrap();
        assert_eq!((known.reserved, known.renew_at), (70, at(30 * SECOND)));
        let mut unknown = space(sessionless([reserving(30, 0, 10 + AHEAD, 0)]), Some(100 * AHEAD), 0);
        unknown.open().await.unwrap();
        unknown.grow(10).await.unwrap();
        unknown.grow(10 + AHEAD).await.unwrap();
        assert_eq!(unknown.reserved, 10 + AHEAD);
    }

    #[tokio::test]
    async fn bytes_beyond_the_reservation_are_reserved_as_they_arrive_and_its_own_do_not_count_twice() {
        // Of a hundred, 20 are others'. One sixteenth of the 19 that are left is reserved ahead.
        let work = reserving(80, 60, 62, 0);
        let mut space =
            Space { expected: Some(60), reserved: 60, ..space(sessionless([work]), Some(100), 0) };
        space.grow(60).await.unwrap();
        space.grow(61).await.unwrap();
        assert_eq!(space.reserved, 62);
    }

    #[tokio::test]
    async fn a_reservation_is_renewed_in_time() {
        let work = reserving(60, 60, 60, 30 * SECOND);
        let space = space(sessionless([work]), Some(100), 30 * SECOND);
        let mut space = Space { expected: Some(60), reserved: 60, ..space };
        space.grow(10).await.unwrap();
        assert_eq!(space.renew_at, at(60 * SECOND));
    }

    #[tokio::test]
    async fn what_exceeds_the_quota_is_rejected_and_what_was_reserved_stays_so() {
        let mut work = MockUnitOfWork::new();
        work.expect_lock_usage().with(eq(user_id(1)), eq(at(0))).times(1).returning(|_, _| Ok(100));
        work.expect_release().with(eq(file_id(9))).times(1).returning(|_| Ok(60));
        let mut space = Space { reserved: 60, ..space(sessionless([work]), Some(100), 0) };
        assert_eq!(refusal(space.grow(61).await), Refusal::QuotaExceeded(QuotaKind::Files));
        assert_eq!(space.reserved, 60);
    }

    #[tokio::test]
    async fn without_a_quota_nothing_is_reserved() {
        let mut space = space(Arc::new(MockStore::new()), None, 0);
        space.open().await.unwrap();
        space.grow(1_000_000_000).await.unwrap();
        space.release().await.unwrap();
    }

    #[tokio::test]
    async fn an_upload_that_ends_gives_back_what_it_reserved() {
        let mut work = MockUnitOfWork::new();
        work.expect_lock_usage().with(eq(user_id(1)), eq(at(0))).times(1).returning(|_, _| Ok(60));
        work.expect_release().with(eq(file_id(9))).times(1).returning(|_| Ok(60));
        work.expect_commit().times(1).returning(|| Ok(()));
        let space = Space { reserved: 60, ..space(sessionless([work]), Some(100), 0) };
        space.release().await.unwrap();
    }
}
