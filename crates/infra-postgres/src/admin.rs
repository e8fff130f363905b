//! Administration.

use async_trait::async_trait;
use domain::account::Session;
use domain::admin::{
    AccountRecord, AccountSearch, AdminReader, AdminWrites, FileUsage, LinkHash, UsagePosition,
};
use domain::{SessionId, StoreError, Timestamp, UserId};
use store_common::rows::{AccountRecordRow, CountRow, FileUsageRow, SessionRow};
use store_common::statements;

use crate::PostgresStore;
use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl AdminReader for PostgresStore {
    async fn accounts(
        &self,
        search: AccountSearch,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<AccountRecord>, StoreError> {
        self.database.all::<AccountRecordRow>(statements::accounts(search, after, limit)).await
    }

    async fn sessions(
        &self,
        user: UserId,
        now: Timestamp,
        before: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        self.database.all::<SessionRow>(statements::sessions_of(user, now, before, limit)).await
    }

    async fn file_usage(&self, after: UsagePosition, limit: u32) -> Result<Vec<FileUsage>, StoreError> {
        self.database.all::<FileUsageRow>(statements::file_usage(after, limit)).await
    }

    async fn has_server_admin(&self) -> Result<bool, StoreError> {
        Ok(self.database.one::<CountRow>(statements::any_server_admin()).await?.is_some())
    }
}

#[async_trait]
impl AdminWrites for PostgresUnitOfWork {
    async fn set_disabled(&mut self, user: UserId, at: Option<Timestamp>) -> Result<bool, StoreError> {
        Ok(self.execute(statements::set_disabled(user, at)).await? > 0)
    }

    async fn offer_admin_link(&mut self, hash: LinkHash, expires_at: Timestamp) -> Result<(), StoreError> {
        self.execute(statements::offer_admin_link(hash, expires_at)).await.map(drop)
    }

    async fn take_admin_link(&mut self, hash: LinkHash, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.execute(statements::take_admin_link(hash, now)).await? > 0)
    }

    async fn withdraw_admin_link(&mut self) -> Result<(), StoreError> {
        self.execute(statements::withdraw_admin_link()).await.map(drop)
    }
}
