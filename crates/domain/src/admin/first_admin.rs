//! The first server admin: a link that makes the first to follow it the admin of a server without one.

use std::net::IpAddr;
use std::sync::Arc;

use time::Duration;

use super::{AdminReader, LinkHash, OfferedLink};
use crate::account::{Identity, SecretSource, SignUp, SignUpCommand, User};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::limit::LimitKey;
use crate::store::{Store, UnitOfWork};
use crate::{Clock, Refusal, Result, UserId};

/// The lifetime of a link.
const LIFETIME: Duration = Duration::hours(1);

/// Offers the link, and makes the one who follows it a server admin.
pub struct FirstAdmin {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) admin: Arc<dyn AdminReader>,
    pub(crate) secrets: Arc<dyn SecretSource>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sign_up: SignUp,
    pub(crate) audit: AuditTrail,
    /// `true` where the configuration names server admins.
    pub(crate) configured: bool,
}

impl FirstAdmin {
    /// Returns a new link, in the place of a former one; `None` where the server has an admin, or the configuration names one.
    pub async fn offer(&self) -> Result<Option<OfferedLink>> {
        if self.configured || self.admin.has_server_admin().await? {
            return Ok(None);
        }
        let link = OfferedLink { secret: self.secrets.secret(), expires_at: self.clock.now().plus(LIFETIME) };
        let mut work = self.store.begin().await?;
        work.offer_admin_link(LinkHash::of(&link.secret), link.expires_at).await?;
        work.commit().await?;
        Ok(Some(link))
    }

    /// Uses the link up and makes the caller a server admin; [`Refusal::LinkSpent`] where it was used, replaced, or has lapsed.
    pub async fn claim(&self, caller: Identity, secret: &str) -> Result<()> {
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        self.grant(&mut *work, secret, caller.user.id, caller.address).await?;
        Ok(work.commit().await?)
    }

    /// Does the same for a new account of a client at that address. A refused account leaves the link as good as it was.
    pub async fn create(&self, from: IpAddr, secret: &str, command: SignUpCommand) -> Result<User> {
        let new = self.sign_up.prepare(LimitKey::address(from), command).await?;
        let user = new.user.clone();
        let mut work = self.store.begin().await?;
        self.sign_up.insert(&mut *work, new, Some(from)).await?;
        self.grant(&mut *work, secret, user.id, Some(from)).await?;
        work.commit().await?;
        Ok(user)
    }

    async fn grant(
        &self,
        work: &mut dyn UnitOfWork,
        secret: &str,
        user: UserId,
        from: Option<IpAddr>,
    ) -> Result<()> {
        if !work.take_admin_link(LinkHash::of(secret), self.clock.now()).await? {
            return Err(Refusal::LinkSpent.into());
        }
        work.set_server_admin(user, true).await?;
        let act = Act::of(AuditKind::ServerAdminGranted).to(user);
        Ok(self.audit.record_from(work, Some(user), from, act).await?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mockall::predicate::eq;

    use super::*;
    use crate::MockIdSource;
    use crate::account::{MockPasswordHasher, MockSecretSource, NewUser, Password};
    use crate::admin::MockAdminReader;
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{
        account, address, address_of, at, caller, clock, expect_record_from, hash, ids, refusal, sessionless,
        store, trail, user_id,
    };

    const HOUR: i64 = 3_600_000_000;

    fn sign_up() -> SignUp {
        SignUp {
            store: Arc::new(MockStore::new()),
            hasher: Arc::new(MockPasswordHasher::new()),
            clock: clock(5),
            ids: Arc::new(MockIdSource::new()),
            reserved: BTreeSet::new(),
            audit: trail(),
        }
    }

    fn first_admin(store: Arc<MockStore>) -> FirstAdmin {
        FirstAdmin {
            store,
            admin: Arc::new(MockAdminReader::new()),
            secrets: Arc::new(MockSecretSource::new()),
            clock: clock(5),
            sign_up: sign_up(),
            audit: trail(),
            configured: false,
        }
    }

    fn admins(any: bool) -> Arc<MockAdminReader> {
        let mut admins = MockAdminReader::new();
        admins.expect_has_server_admin().times(1).returning(move || Ok(any));
        Arc::new(admins)
    }

    #[tokio::test]
    async fn a_server_without_an_admin_offers_a_link_for_an_hour() {
        let mut secrets = MockSecretSource::new();
        secrets.expect_secret().times(1).return_const("secret".to_owned());
        let expires_at = at(HOUR + 5);
        let mut work = MockUnitOfWork::new();
        let offer = work.expect_offer_admin_link().with(eq(LinkHash::of("secret")), eq(expires_at)).times(1);
        offer.returning(|_, _| Ok(()));
        work.expect_commit().times(1).returning(|| Ok(()));
        let first = FirstAdmin {
            admin: admins(false),
            secrets: Arc::new(secrets),
            ..first_admin(sessionless([work]))
        };
        let offered = first.offer().await.unwrap();
        assert_eq!(offered, Some(OfferedLink { secret: "secret".to_owned(), expires_at }));
    }

    #[tokio::test]
    async fn a_server_with_an_admin_offers_none() {
        let none = || first_admin(Arc::new(MockStore::new()));
        let stored = FirstAdmin { admin: admins(true), ..none() };
        assert_eq!(stored.offer().await.unwrap(), None);
        let configured = FirstAdmin { configured: true, ..none() };
        assert_eq!(configured.offer().await.unwrap(), None);
    }

    /// A unit of work that takes the link once; `good` is whether it is there.
    fn taking(work: &mut MockUnitOfWork, good: bool, from: std::net::IpAddr) {
        let take = work.expect_take_admin_link().with(eq(LinkHash::of("secret")), eq(at(5))).times(1);
        take.returning(move |_, _| Ok(good));
        if good {
            work.expect_set_server_admin().with(eq(user_id(1)), eq(true)).times(1).returning(|_, _| Ok(true));
            let act = Act::of(AuditKind::ServerAdminGranted).to(user_id(1));
            expect_record_from(work, Some(user_id(1)), Some(from), act);
            work.expect_commit().times(1).returning(|| Ok(()));
        }
    }

    #[tokio::test]
    async fn the_link_makes_a_signed_in_user_a_server_admin() {
        let mut work = MockUnitOfWork::new();
        taking(&mut work, true, address_of(1));
        first_admin(store(work)).claim(caller(1), "secret").await.unwrap();
    }

    #[tokio::test]
    async fn a_link_that_is_gone_makes_nobody_one() {
        let mut work = MockUnitOfWork::new();
        taking(&mut work, false, address_of(1));
        let result = first_admin(store(work)).claim(caller(1), "secret").await;
        assert_eq!(refusal(result), Refusal::LinkSpent);
    }

    fn command() -> SignUpCommand {
        let User { username, email, .. } = account(1);
        SignUpCommand { username, email, password: Password::parse("new password").unwrap() }
    }

    /// A first admin that creates the account of the command in that unit of work.
    fn creating(mut work: MockUnitOfWork) -> FirstAdmin {
        let mut hasher = MockPasswordHasher::new();
        let hashing = hasher.expect_hash().with(eq(LimitKey::address(address())), eq(command().password));
        hashing.times(1).returning(|_, _| Ok(hash("new hash")));
        let new = NewUser { user: User { created_at: at(5), ..account(1) }, password: hash("new hash") };
        work.expect_insert_user().with(eq(new)).times(1).return_once(|_| Ok(()));
        let act = Act::of(AuditKind::AccountCreated).to(user_id(1));
        expect_record_from(&mut work, Some(user_id(1)), Some(address()), act);
        let sign_up = SignUp { hasher: Arc::new(hasher), ids: ids(1), ..sign_up() };
        FirstAdmin { sign_up, ..first_admin(sessionless([work])) }
    }

    #[tokio::test]
    async fn the_link_makes_an_account_and_its_owner_a_server_admin() {
        let mut work = MockUnitOfWork::new();
        taking(&mut work, true, address());
        let user = creating(work).create(address(), "secret", command()).await.unwrap();
        assert_eq!(user.id, user_id(1));
    }

    #[tokio::test]
    async fn no_account_is_made_by_a_link_that_is_gone() {
        let mut work = MockUnitOfWork::new();
        taking(&mut work, false, address());
        let result = creating(work).create(address(), "secret", command()).await;
        assert_eq!(refusal(result), Refusal::LinkSpent);
    }
}
