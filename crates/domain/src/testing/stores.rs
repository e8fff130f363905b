//! Stores that begin given units of work, and no others. A unit of work without an expected commit fails at one.

use std::sync::Arc;

use mockall::Sequence;
use mockall::predicate::eq;

use super::{at, caller};
use crate::UserId;
use crate::account::{MockAccountReader, UserRef};
use crate::invitation::Invitee;
use crate::store::{MockStore, MockUnitOfWork};

/// Begins this unit of work in the session of user 1, at time 5.
pub(crate) fn store(work: MockUnitOfWork) -> Arc<MockStore> {
    store_of([work])
}

/// Begins these, one after the other.
pub(crate) fn store_of(works: impl IntoIterator<Item = MockUnitOfWork>) -> Arc<MockStore> {
    let (mut store, mut order) = (MockStore::new(), Sequence::new());
    for work in works {
        expect_begin_in(&mut store, &mut order, 1, 5, work);
    }
    Arc::new(store)
}

/// Begins this unit of work in the session of that user, at that time.
pub(crate) fn store_in(user: u128, micros: i64, work: MockUnitOfWork) -> Arc<MockStore> {
    let mut store = MockStore::new();
    expect_begin_in(&mut store, &mut Sequence::new(), user, micros, work);
    Arc::new(store)
}

/// Begins these units of work, one after the other, in no session.
pub(crate) fn sessionless(works: impl IntoIterator<Item = MockUnitOfWork>) -> Arc<MockStore> {
    let (mut store, mut order) = (MockStore::new(), Sequence::new());
    for work in works {
        let begin = store.expect_begin().times(1).in_sequence(&mut order);
        begin.return_once(|| Ok(Box::new(work)));
    }
    Arc::new(store)
}

/// Expects the account of that id to be read once, before the store begins the unit of work: waiting for a connection
/// while holding one can deadlock the pool.
pub(crate) fn accounts_before(
    id: UserId,
    known: Option<UserRef>,
    work: MockUnitOfWork,
) -> (Arc<MockStore>, Arc<MockAccountReader>) {
    let mut order = Sequence::new();
    let mut accounts = MockAccountReader::new();
    let find = accounts.expect_find().with(eq(Invitee::Id(id))).times(1).in_sequence(&mut order);
    find.return_once(|_| Ok(known));
    let mut store = MockStore::new();
    expect_begin_in(&mut store, &mut order, 1, 5, work);
    (Arc::new(store), Arc::new(accounts))
}

/// Expects this unit of work to begin in the session of that user, at that time.
pub(crate) fn expect_begin_in(
    store: &mut MockStore,
    order: &mut Sequence,
    user: u128,
    micros: i64,
    work: MockUnitOfWork,
) {
    let begin = store.expect_begin_in().with(eq(caller(user).session), eq(at(micros))).times(1);
    begin.in_sequence(order).return_once(|_, _| Ok(Box::new(work)));
}
