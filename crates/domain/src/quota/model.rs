//! Quotas as values: limits on what a user or a room owns at a time.

use super::QuotaWrites;
use crate::{Refusal, Result, RoomId, UserId};

/// The kinds of quotas: limits on what a user or a room owns at a time. The texts say what to do at the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum QuotaKind {
    /// The existing rooms that a user created.
    #[error("You have created as many rooms as one user may have; delete one of them first")]
    Rooms,
    /// The rooms that a user is a member of.
    #[error("The user is a member of as many rooms as one user may be; leave one of them first")]
    Memberships,
    /// The open invitations of a room.
    #[error("The room has as many open invitations as one room may have; withdraw one of them first")]
    Invitations,
    /// The bytes of a user's files.
    #[error("Your files take as much space as one user may have; delete some of them first")]
    Files,
}

/// The most that a user or a room may own; `None` is unlimited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnershipQuotas {
    /// The existing rooms that a user created.
    pub rooms: Option<u32>,
    /// The rooms that a user is a member of.
    pub memberships: Option<u32>,
    /// The open invitations of a room.
    pub invitations: Option<u32>,
}

impl QuotaKind {
    /// Rejects one more where there are `owned` already and `most` are allowed. A quota that was lowered takes nothing
    /// away.
    pub fn allow_one_more(self, owned: u32, most: u32) -> std::result::Result<(), Refusal> {
        if owned < most { Ok(()) } else { Err(Refusal::QuotaExceeded(self)) }
    }
}

/// The checks of a unit of work, each before what it allows is stored.
impl OwnershipQuotas {
    /// Holds back other units of work that add to what these users own, until this one ends. Comes after a room is locked:
    /// of two units that lock both, each could wait for the other.
    pub(crate) async fn hold(&self, work: &mut dyn QuotaWrites, users: Vec<UserId>) -> Result<()> {
        if self.rooms.is_some() || self.memberships.is_some() {
            work.lock_owners(users).await?;
        }
        Ok(())
    }

    /// Rejects one more room of a creator who is [held](Self::hold).
    pub(crate) async fn another_room(&self, work: &mut dyn QuotaWrites, creator: UserId) -> Result<()> {
        let Some(most) = self.rooms else { return Ok(()) };
        Ok(QuotaKind::Rooms.allow_one_more(work.room_count(creator, most).await?, most)?)
    }

    /// Rejects the room that this unit of work has stored for a creator who is [held](Self::hold), where it is one too many.
    pub(crate) async fn stored_room(&self, work: &mut dyn QuotaWrites, creator: UserId) -> Result<()> {
        let Some(most) = self.rooms else { return Ok(()) };
        let owned = work.room_count(creator, most.saturating_add(1)).await?;
        Ok(QuotaKind::Rooms.allow_one_more(owned.saturating_sub(1), most)?)
    }

    /// Rejects one more membership of any of these users, who are [held](Self::hold).
    pub(crate) async fn another_membership(
        &self,
        work: &mut dyn QuotaWrites,
        users: Vec<UserId>,
    ) -> Result<()> {
        let Some(most) = self.memberships else { return Ok(()) };
        Ok(QuotaKind::Memberships.allow_one_more(work.most_memberships(users, most).await?, most)?)
    }

    /// Rejects one more invitation into a locked room.
    pub(crate) async fn another_invitation(&self, work: &mut dyn QuotaWrites, room: RoomId) -> Result<()> {
        let Some(most) = self.invitations else { return Ok(()) };
        Ok(QuotaKind::Invitations.allow_one_more(work.invitation_count(room, most).await?, most)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_exceeded_by_one_more_than_it_allows() {
        for (owned, most, allowed) in
            [(0, 1, true), (1, 1, false), (2, 1, false), (999, 1_000, true), (0, 0, false)]
        {
            let result = QuotaKind::Rooms.allow_one_more(owned, most);
            assert_eq!(result.is_ok(), allowed, "{owned} of {most}");
        }
    }
}
