//! Counts of what users and rooms own, up to a quota.

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt};
use domain::quota::QuotaWrites;
use domain::{RoomId, StoreError, UserId};
use store_common::rows::small_count;
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl QuotaWrites for PostgresUnitOfWork {
    /// The lock does not conflict with the key checks of inserts that refer to the users.
    async fn lock_owners(&mut self, users: Vec<UserId>) -> Result<(), StoreError> {
        let lock = sql("SELECT count(*) AS n FROM
            (SELECT 1 FROM users WHERE id = ANY(?1) ORDER BY id FOR NO KEY UPDATE) AS locked");
        self.number(lock.bind::<Array<Id>, _>(users)).await.map(drop)
    }

    async fn room_count(&mut self, creator: UserId, most: u32) -> Result<u32, StoreError> {
        small_count(self.number(statements::owned_rooms(creator, most)).await?)
    }

    async fn most_memberships(&mut self, users: Vec<UserId>, most: u32) -> Result<u32, StoreError> {
        let statement = sql(format!(
            "SELECT coalesce(max({}), 0) AS n FROM unnest(?1) AS u(id)",
            statements::memberships_of("u.id")
        ));
        let statement = statement.bind::<Array<Id>, _>(users).bind::<BigInt, _>(i64::from(most));
        small_count(self.number(statement).await?)
    }

    async fn invitation_count(&mut self, room: RoomId, most: u32) -> Result<u32, StoreError> {
        small_count(self.number(statements::open_invitations(room, most)).await?)
    }
}
