//! Operations on accounts from the command line, without a token.

use std::sync::Arc;

use super::{AccountReader, LoginName, Password, PasswordHasher, Username};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::limit::LimitKey;
use crate::store::Store;
use crate::{Clock, Refusal, Result, UserId};

/// Grants server administration and resets passwords.
pub struct Operator {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) audit: AuditTrail,
}

impl Operator {
    /// Grants or withdraws server administration; [`Refusal::UserNotFound`] without such an account. Usernames in the
    /// configuration stay admins regardless.
    pub async fn set_server_admin(&self, username: Username, admin: bool) -> Result<()> {
        let user = self.find(username).await?;
        let mut work = self.store.begin().await?;
        work.set_server_admin(user, admin).await?;
        let kind = if admin { AuditKind::ServerAdminGranted } else { AuditKind::ServerAdminWithdrawn };
        self.audit.record_from(&mut *work, None, None, Act::of(kind).to(user)).await?;
        Ok(work.commit().await?)
    }

    /// Sets a new password and ends all sessions of the user; [`Refusal::UserNotFound`] without such an account.
    pub async fn reset_password(&self, username: Username, password: Password) -> Result<()> {
        let user = self.find(username).await?;
        let hash = self.hasher.hash(LimitKey::User(user), password).await?;
        let mut work = self.store.begin().await?;
        // The current password is unknown to operators: replaced unconditionally.
        if !work.set_password(user, hash, None).await? {
            return Err(Refusal::UserNotFound.into());
        }
        work.end_sessions(user, None, self.clock.now()).await?;
        self.audit.record_from(&mut *work, None, None, Act::of(AuditKind::PasswordReset).to(user)).await?;
        Ok(work.commit().await?)
    }

    async fn find(&self, username: Username) -> Result<UserId> {
        let login = LoginName::Username(username.into_string());
        let known = self.accounts.credentials(login).await?.ok_or(Refusal::UserNotFound)?;
        Ok(known.user.id)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::{Credentials, MockAccountReader, MockPasswordHasher};
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{
        at, clock, credentials, expect_record_from, hash, refusal, sessionless, trail, user, user_id,
    };

    fn operator(known: Option<Credentials>, store: Arc<MockStore>, hasher: MockPasswordHasher) -> Operator {
        let mut accounts = MockAccountReader::new();
        let read = accounts.expect_credentials().with(eq(LoginName::Username("user-1".to_owned()))).times(1);
        read.return_once(|_| Ok(known));
        let (accounts, hasher) = (Arc::new(accounts), Arc::new(hasher));
        Operator { store, accounts, hasher, clock: clock(5), audit: trail() }
    }

    fn password() -> Password {
        Password::parse("new password").unwrap()
    }

    #[tokio::test]
    async fn server_administration_is_granted_and_withdrawn() {
        for admin in [true, false] {
            let mut work = MockUnitOfWork::new();
            work.expect_set_server_admin().with(eq(user_id(1)), eq(admin)).times(1).returning(|_, _| Ok(()));
            let kind = if admin { AuditKind::ServerAdminGranted } else { AuditKind::ServerAdminWithdrawn };
            expect_record_from(&mut work, None, None, Act::of(kind).to(user_id(1)));
            work.expect_commit().times(1).returning(|| Ok(()));
            let operator = operator(Some(credentials(1)), sessionless([work]), MockPasswordHasher::new());
            operator.set_server_admin(user(1).username, admin).await.unwrap();
        }
    }

    /// A reset that replaces the hash unconditionally; `known` is whether the user still exists.
    fn resetting(known: bool) -> (MockUnitOfWork, MockPasswordHasher) {
        let mut hasher = MockPasswordHasher::new();
        let hashing = hasher.expect_hash().with(eq(LimitKey::User(user_id(1))), eq(password())).times(1);
        hashing.returning(|_, _| Ok(hash("new hash")));
        let mut work = MockUnitOfWork::new();
        work.expect_set_password()
            .with(eq(user_id(1)), eq(hash("new hash")), eq(None))
            .times(1)
            .returning(move |_, _, _| Ok(known));
        (work, hasher)
    }

    #[tokio::test]
    async fn a_password_reset_ends_all_sessions_of_the_user() {
        let (mut work, hasher) = resetting(true);
        work.expect_end_sessions()
            .with(eq(user_id(1)), eq(None), eq(at(5)))
            .times(1)
            .returning(|_, _, _| Ok(()));
        expect_record_from(&mut work, None, None, Act::of(AuditKind::PasswordReset).to(user_id(1)));
        work.expect_commit().times(1).returning(|| Ok(()));
        let operator = operator(Some(credentials(1)), sessionless([work]), hasher);
        operator.reset_password(user(1).username, password()).await.unwrap();
    }

    #[tokio::test]
    async fn a_user_deleted_before_the_reset_is_not_found() {
        let (work, hasher) = resetting(false);
        let operator = operator(Some(credentials(1)), sessionless([work]), hasher);
        let result = operator.reset_password(user(1).username, password()).await;
        assert_eq!(refusal(result), Refusal::UserNotFound);
    }

    #[tokio::test]
    async fn an_unknown_username_cannot_become_a_server_admin() {
        let operator = operator(None, Arc::new(MockStore::new()), MockPasswordHasher::new());
        let result = operator.set_server_admin(user(1).username, true).await;
        assert_eq!(refusal(result), Refusal::UserNotFound);
    }

    #[tokio::test]
    async fn an_unknown_username_gets_no_password() {
        let operator = operator(None, Arc::new(MockStore::new()), MockPasswordHasher::new());
        let result = operator.reset_password(user(1).username, password()).await;
        assert_eq!(refusal(result), Refusal::UserNotFound);
    }
}
