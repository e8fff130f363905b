//! Fixtures of quotas.

use mockall::predicate::eq;

use super::{MockUnitOfWork, user_id};
use crate::UserId;
use crate::quota::{OwnershipQuotas, QuotaKind};

/// Quotas of one kind each, and the kind.
pub(crate) fn at_quotas_of_a_user() -> [(OwnershipQuotas, QuotaKind); 2] {
    let none = OwnershipQuotas::default();
    [
        (OwnershipQuotas { rooms: Some(9), ..none.clone() }, QuotaKind::Rooms),
        (OwnershipQuotas { memberships: Some(9), ..none }, QuotaKind::Memberships),
    ]
}

/// A unit of work that holds `user-<n>`, whose count is that of the quota.
pub(crate) fn owner_at_quota(quotas: &OwnershipQuotas, n: u128) -> MockUnitOfWork {
    let mut work = MockUnitOfWork::new();
    if let Some(most) = quotas.rooms {
        work.expect_lock_owners().with(eq(vec![user_id(n)])).times(1).returning(|_| Ok(()));
        work.expect_room_count().with(eq(user_id(n)), eq(most)).times(1).returning(|_, most| Ok(most));
    } else {
        expect_full_memberships(&mut work, vec![user_id(n)]);
    }
    work
}

/// Expects the users to be held and counted; one of them has as many memberships as the returned quota allows.
pub(crate) fn expect_full_memberships(work: &mut MockUnitOfWork, users: Vec<UserId>) -> OwnershipQuotas {
    work.expect_lock_owners().with(eq(users.clone())).times(1).returning(|_| Ok(()));
    work.expect_most_memberships().with(eq(users), eq(9)).times(1).returning(|_, most| Ok(most));
    OwnershipQuotas { memberships: Some(9), ..OwnershipQuotas::default() }
}
