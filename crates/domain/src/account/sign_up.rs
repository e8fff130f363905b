//! Signing up: creating an account.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::{Email, NewUser, Password, PasswordHasher, User, Username};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::limit::LimitKey;
use crate::store::{Store, UnitOfWork};
use crate::{Clock, Constraint, Error, IdSource, Ports, Refusal, Result, StoreError, UserId};

/// The data of a new account.
#[derive(Debug, Clone)]
pub struct SignUpCommand {
    /// The username.
    pub username: Username,
    /// The owner's email address.
    pub email: Email,
    /// The password.
    pub password: Password,
}

/// Creates accounts.
pub struct SignUp {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    /// The [keys](Username::key) of the usernames that the configuration makes server admins.
    pub(crate) reserved: BTreeSet<String>,
    pub(crate) audit: AuditTrail,
}

impl SignUp {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports { stored, hasher, clock, ids, .. } = ports;
        Self {
            store: stored.store.clone(),
            hasher: hasher.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            reserved: ports.server_admin_keys(),
            audit: ports.audit_trail(),
        }
    }

    /// Returns the new account of a client at that address; [`Refusal::UsernameTaken`] or [`Refusal::EmailTaken`] where
    /// another account has the name or the address, in any case, or where the name is that of a server admin, whose
    /// rights would go to the first to sign up.
    pub async fn execute(&self, from: IpAddr, command: SignUpCommand) -> Result<User> {
        if self.reserved.contains(&command.username.key()) {
            return Err(Refusal::UsernameTaken.into());
        }
        self.create(LimitKey::address(from), Some(from), command).await
    }

    /// Does the same for an operator, who may create the accounts of server admins.
    pub async fn by_operator(&self, command: SignUpCommand) -> Result<User> {
        self.create(LimitKey::Account(command.username.key()), None, command).await
    }

    /// Creates the account of a client at that address; `None` is an operator.
    async fn create(&self, client: LimitKey, from: Option<IpAddr>, command: SignUpCommand) -> Result<User> {
        let new = self.prepare(client, command).await?;
        let user = new.user.clone();
        let mut work = self.store.begin().await?;
        self.insert(&mut *work, new, from).await?;
        work.commit().await?;
        Ok(user)
    }

    /// Returns the account to store. Its password is hashed before a unit of work begins: a writer must not wait for Argon2.
    pub(crate) async fn prepare(&self, client: LimitKey, command: SignUpCommand) -> Result<NewUser> {
        let password = self.hasher.hash(client, command.password).await?;
        let user = User {
            id: UserId(self.ids.next()),
            username: command.username,
            email: command.email,
            created_at: self.clock.now(),
        };
        Ok(NewUser { user, password })
    }

    /// Stores the account of a client at that address; `None` is an operator.
    pub(crate) async fn insert(
        &self,
        work: &mut dyn UnitOfWork,
        new: NewUser,
        from: Option<IpAddr>,
    ) -> Result<()> {
        let user = new.user.id;
        work.insert_user(new).await.map_err(taken)?;
        let (actor, act) = (from.map(|_| user), Act::of(AuditKind::AccountCreated).to(user));
        Ok(self.audit.record_from(work, actor, from, act).await?)
    }
}

fn taken(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(Constraint::Username) => Refusal::UsernameTaken.into(),
        StoreError::Conflict(Constraint::Email) => Refusal::EmailTaken.into(),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::MockIdSource;
    use crate::account::MockPasswordHasher;
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{
        account, address, at, clock, expect_record_from, hash, ids, refusal, sessionless, trail, user_id,
    };

    fn command() -> SignUpCommand {
        let User { username, email, .. } = account(1);
        SignUpCommand { username, email, password: Password::parse("new password").unwrap() }
    }

    /// The account created by the command.
    fn created() -> User {
        User { created_at: at(5), ..account(1) }
    }

    fn sign_up_of(client: LimitKey, work: MockUnitOfWork) -> SignUp {
        let mut hasher = MockPasswordHasher::new();
        let hashing = hasher.expect_hash().with(eq(client), eq(command().password)).times(1);
        hashing.returning(|_, _| Ok(hash("new hash")));
        let reserved = BTreeSet::from(["boss".to_owned()]);
        let (store, hasher) = (sessionless([work]), Arc::new(hasher));
        SignUp { store, hasher, clock: clock(5), ids: ids(1), reserved, audit: trail() }
    }

    fn sign_up(work: MockUnitOfWork) -> SignUp {
        sign_up_of(LimitKey::address(address()), work)
    }

    fn inserting(outcome: std::result::Result<(), StoreError>) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        let new = NewUser { user: created(), password: hash("new hash") };
        work.expect_insert_user().with(eq(new)).times(1).return_once(|_| outcome);
        work
    }

    #[tokio::test]
    async fn the_account_is_stored_with_its_hash_and_returned() {
        let mut work = inserting(Ok(()));
        let act = Act::of(AuditKind::AccountCreated).to(user_id(1));
        expect_record_from(&mut work, Some(user_id(1)), Some(address()), act);
        work.expect_commit().times(1).returning(|| Ok(()));
        assert_eq!(sign_up(work).execute(address(), command()).await.unwrap(), created());
    }

    #[tokio::test]
    async fn the_name_of_a_server_admin_is_taken_in_any_case_before_anything_is_hashed() {
        let sign_up = SignUp {
            store: Arc::new(MockStore::new()),
            hasher: Arc::new(MockPasswordHasher::new()),
            clock: clock(5),
            ids: Arc::new(MockIdSource::new()),
            reserved: BTreeSet::from(["user-1".to_owned()]),
            audit: trail(),
        };
        let upper_case = SignUpCommand { username: Username::parse("USER-1").unwrap(), ..command() };
        for command in [command(), upper_case] {
            assert_eq!(refusal(sign_up.execute(address(), command).await), Refusal::UsernameTaken);
        }
    }

    #[tokio::test]
    async fn an_operator_creates_the_account_of_a_server_admin() {
        let mut work = inserting(Ok(()));
        expect_record_from(&mut work, None, None, Act::of(AuditKind::AccountCreated).to(user_id(1)));
        work.expect_commit().times(1).returning(|| Ok(()));
        let mut sign_up = sign_up_of(LimitKey::Account("user-1".to_owned()), work);
        sign_up.reserved.insert("user-1".to_owned());
        assert_eq!(sign_up.by_operator(command()).await.unwrap(), created());
    }

    #[tokio::test]
    async fn a_taken_username_is_rejected() {
        let work = inserting(Err(StoreError::Conflict(Constraint::Username)));
        assert_eq!(refusal(sign_up(work).execute(address(), command()).await), Refusal::UsernameTaken);
    }

    #[tokio::test]
    async fn a_taken_email_address_is_rejected() {
        let work = inserting(Err(StoreError::Conflict(Constraint::Email)));
        assert_eq!(refusal(sign_up(work).execute(address(), command()).await), Refusal::EmailTaken);
    }

    #[tokio::test]
    async fn an_unavailable_store_is_not_a_refusal() {
        let work = inserting(Err(StoreError::Unavailable("away".to_owned())));
        let error = sign_up(work).execute(address(), command()).await.unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::Unavailable(_))), "{error:?}");
    }
}
