//! Fixtures of the audit log.

use std::net::IpAddr;
use std::sync::Arc;

use mockall::predicate::eq;
use uuid::Uuid;

use super::{MockUnitOfWork, address_of, at, clock, user_id};
use crate::audit::{Act, AuditTrail};
use crate::{AuditEventId, MockIdSource, UserId};

pub(crate) fn audit_event_id(n: u128) -> AuditEventId {
    AuditEventId(Uuid::from_u128(n))
}

/// A trail whose entries have the id 77 and the time 7.
pub(crate) fn trail() -> AuditTrail {
    let mut ids = MockIdSource::new();
    ids.expect_next().return_const(Uuid::from_u128(77));
    AuditTrail { clock: clock(7), ids: Arc::new(ids) }
}

/// Expects that act of the caller to be recorded by a [`trail`].
pub(crate) fn expect_record(work: &mut MockUnitOfWork, act: Act) {
    expect_record_by(work, 1, act);
}

/// Expects that act of `user-<n>` to be recorded by a [`trail`].
pub(crate) fn expect_record_by(work: &mut MockUnitOfWork, n: u128, act: Act) {
    expect_record_from(work, Some(user_id(n)), Some(address_of(n)), act);
}

/// Expects that act of that user, or of an unknown one, to be recorded by a [`trail`].
pub(crate) fn expect_record_from(
    work: &mut MockUnitOfWork,
    actor: Option<UserId>,
    address: Option<IpAddr>,
    act: Act,
) {
    let entry = act.entry(audit_event_id(77), at(7), actor, address);
    work.expect_record().with(eq(entry)).times(1).returning(|_| Ok(()));
}
