//! Counts of what users and rooms own, up to a quota.

use async_trait::async_trait;
use diesel::sql_types::BigInt;
use domain::quota::QuotaWrites;
use domain::{RoomId, StoreError, UserId};
use store_common::rows::small_count;
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::query::number;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl QuotaWrites for SqliteUnitOfWork {
    /// Nothing to do: there is one unit of work at a time.
    async fn lock_owners(&mut self, _: Vec<UserId>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn room_count(&mut self, creator: UserId, most: u32) -> Result<u32, StoreError> {
        small_count(self.number(statements::owned_rooms(creator, most)).await?)
    }

    /// One statement for each user, which costs no round trip here; their text would vary with the number of users.
    async fn most_memberships(&mut self, users: Vec<UserId>, most: u32) -> Result<u32, StoreError> {
        let text = format!("SELECT {} AS n", statements::memberships_of("?1"));
        let largest = self
            .run(move |c| {
                let mut largest = 0;
                for user in users {
                    let statement = sql(text.clone()).bind::<Id, _>(user).bind::<BigInt, _>(i64::from(most));
                    largest = largest.max(number(c, statement)?);
                }
                Ok(largest)
            })
            .await?;
        small_count(largest)
    }

    async fn invitation_count(&mut self, room: RoomId, most: u32) -> Result<u32, StoreError> {
        small_count(self.number(statements::open_invitations(room, most)).await?)
    }
}
