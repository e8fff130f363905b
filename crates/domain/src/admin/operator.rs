//! Acts upon accounts: by server admins, and from the command line.

use std::sync::Arc;

use super::Authority;
use crate::account::{AccountReader, Password, PasswordHasher, SessionReader, UserRef};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Event, EventBus, Revocation};
use crate::invitation::Invitee;
use crate::limit::LimitKey;
use crate::store::{Store, UnitOfWork};
use crate::{Clock, Refusal, Result, SessionId, UserId};

/// Grants server administration, resets passwords, disables accounts and ends sessions. Every act is
/// [`Refusal::UserNotFound`] without such an account.
pub struct Operator {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) sessions: Arc<dyn SessionReader>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) audit: AuditTrail,
}

impl Operator {
    /// Grants or withdraws server administration. Usernames in the configuration stay admins regardless. The link for a first
    /// admin ends with the first grant. Returns `false` where it was so before: then nothing is recorded.
    pub async fn set_server_admin(&self, by: Authority, whom: Invitee, admin: bool) -> Result<bool> {
        let user = self.find(&by, whom).await?;
        let mut work = by.begin(&*self.store, self.clock.now()).await?;
        if !work.set_server_admin(user, admin).await? {
            return Ok(false);
        }
        if admin {
            work.withdraw_admin_link().await?;
        }
        let kind = if admin { AuditKind::ServerAdminGranted } else { AuditKind::ServerAdminWithdrawn };
        self.record(&mut *work, &by, kind, user).await?;
        work.commit().await?;
        Ok(true)
    }

    /// Sets a new password and ends all sessions of the user.
    pub async fn reset_password(&self, by: Authority, whom: Invitee, password: Password) -> Result<()> {
        let user = self.find(&by, whom).await?;
        let hash = self.hasher.hash(LimitKey::User(by.actor().unwrap_or(user)), password).await?;
        let mut work = by.begin(&*self.store, self.clock.now()).await?;
        // The current password is unknown to operators: replaced unconditionally.
        if !work.set_password(user, hash, None).await? {
            return Err(Refusal::UserNotFound.into());
        }
        self.record(&mut *work, &by, AuditKind::PasswordReset, user).await?;
        self.end_all(work, user).await
    }

    /// Disables the account, which ends all its sessions and refuses logins, or enables it. Returns `false` where it was so
    /// before: then it stays as it is, and nothing is recorded.
    pub async fn set_disabled(&self, by: Authority, whom: Invitee, disabled: bool) -> Result<bool> {
        let user = self.find(&by, whom).await?;
        let mut work = by.begin(&*self.store, self.clock.now()).await?;
        if !work.set_disabled(user, disabled.then(|| self.clock.now())).await? {
            return Ok(false);
        }
        if disabled {
            self.record(&mut *work, &by, AuditKind::AccountDisabled, user).await?;
            self.end_all(work, user).await?;
        } else {
            self.record(&mut *work, &by, AuditKind::AccountEnabled, user).await?;
            work.commit().await?;
        }
        Ok(true)
    }

    /// Ends all sessions of the user.
    pub async fn end_sessions(&self, by: Authority, whom: Invitee) -> Result<()> {
        let user = self.find(&by, whom).await?;
        let mut work = by.begin(&*self.store, self.clock.now()).await?;
        self.record(&mut *work, &by, AuditKind::SessionsEnded, user).await?;
        self.end_all(work, user).await
    }

    /// Ends one session of the user. One that has ended already, or is another user's, stays as it is.
    pub async fn end_session(&self, by: Authority, whom: Invitee, session: SessionId) -> Result<()> {
        let user = self.find(&by, whom).await?;
        let now = self.clock.now();
        if self.sessions.session(session, now).await?.is_none_or(|known| known.user.id != user) {
            return Ok(());
        }
        let mut work = by.begin(&*self.store, self.clock.now()).await?;
        work.end_session(session, now).await?;
        self.record(&mut *work, &by, AuditKind::SessionsEnded, user).await?;
        work.commit().await?;
        self.events.publish(Event::Revoked(Revocation::Session(session)));
        Ok(())
    }

    /// Ends all sessions of the user as the last part of the unit of work.
    async fn end_all(&self, mut work: Box<dyn UnitOfWork>, user: UserId) -> Result<()> {
        work.end_sessions(user, None, self.clock.now()).await?;
        work.commit().await?;
        self.events.publish(Event::Revoked(Revocation::Sessions { user, except: None }));
        Ok(())
    }

    /// Returns the user to act upon; rejects those who may not.
    async fn find(&self, by: &Authority, whom: Invitee) -> Result<UserId> {
        by.require()?;
        let UserRef { id, .. } = self.accounts.find(whom).await?.ok_or(Refusal::UserNotFound)?;
        by.require_over(id)?;
        Ok(id)
    }

    async fn record(
        &self,
        work: &mut dyn UnitOfWork,
        by: &Authority,
        kind: AuditKind,
        user: UserId,
    ) -> Result<()> {
        let act = Act::of(kind).to(user);
        Ok(self.audit.record_from(work, by.actor(), by.address(), act).await?)
    }
}

#[cfg(test)]
mod tests;
