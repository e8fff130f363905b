//! Lists for server admins.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{AccountSearch, AdminBy, AdminReader, FileUsage, Listed, ListedAccount, UsagePosition};
use crate::account::{AccountReader, Identity, Session, Username};
use crate::{Clock, Refusal, Result, SessionId, UserId};

/// Lists accounts.
pub struct ListAccounts {
    pub(crate) admin: Arc<dyn AdminReader>,
    /// The [keys](Username::key) of the usernames that the configuration makes server admins.
    pub(crate) server_admins: BTreeSet<String>,
}

impl ListAccounts {
    /// Returns the accounts that the search selects, in the order of their names in lower case, from the first one after the
    /// name `after`.
    pub async fn execute(
        &self,
        caller: Identity,
        search: AccountSearch,
        after: Option<Username>,
        limit: u32,
    ) -> Result<Listed<ListedAccount>> {
        caller.require_server_admin()?;
        let after = after.map(|name| name.key());
        let records = self.admin.accounts(search, after, limit.saturating_add(1)).await?;
        let accounts = records.into_iter().map(|record| {
            let by_configuration = self.server_admins.contains(&record.user.username.key());
            let by_grant = || record.server_admin.then_some(AdminBy::Grant);
            ListedAccount {
                admin: by_configuration.then_some(AdminBy::Configuration).or_else(by_grant),
                user: record.user,
                disabled_at: record.disabled_at,
            }
        });
        Ok(Listed::first(accounts.collect(), limit))
    }
}

/// Lists the living sessions of a user.
pub struct ListSessions {
    pub(crate) admin: Arc<dyn AdminReader>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl ListSessions {
    /// Returns the sessions of the user, latest first, from the first one before `before`; [`Refusal::UserNotFound`] without such
    /// an account.
    pub async fn execute(
        &self,
        caller: Identity,
        user: UserId,
        before: Option<SessionId>,
        limit: u32,
    ) -> Result<Listed<Session>> {
        caller.require_server_admin()?;
        self.accounts.user(user).await?.ok_or(Refusal::UserNotFound)?;
        let (now, more) = (self.clock.now(), limit.saturating_add(1));
        Ok(Listed::first(self.admin.sessions(user, now, before, more).await?, limit))
    }
}

/// Lists the users by the bytes of their files.
pub struct ListFileUsage {
    pub(crate) admin: Arc<dyn AdminReader>,
}

impl ListFileUsage {
    /// Returns the users who have files, those whose files take most first, from the first one after that place.
    pub async fn execute(
        &self,
        caller: Identity,
        after: Option<UsagePosition>,
        limit: u32,
    ) -> Result<Listed<FileUsage>> {
        caller.require_server_admin()?;
        let after = after.unwrap_or(UsagePosition::START);
        Ok(Listed::first(self.admin.file_usage(after, limit.saturating_add(1)).await?, limit))
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;
    use uuid::Uuid;

    use super::*;
    use crate::account::MockAccountReader;
    use crate::admin::{AccountRecord, MockAdminReader};
    use crate::testing::{account, at, caller, clock, refusal, user, user_id};

    fn admin() -> Identity {
        Identity { server_admin: true, ..caller(1) }
    }

    fn list_accounts(admin: MockAdminReader) -> ListAccounts {
        ListAccounts { admin: Arc::new(admin), server_admins: BTreeSet::from(["user-1".to_owned()]) }
    }

    fn record(n: u128, server_admin: bool) -> AccountRecord {
        AccountRecord { user: account(n), server_admin, disabled_at: (n == 3).then(|| at(9)) }
    }

    #[tokio::test]
    async fn accounts_are_listed_with_the_reason_for_which_they_administer_the_server() {
        let mut reader = MockAdminReader::new();
        let read = reader.expect_accounts().times(1);
        let (search, after) = (AccountSearch::Named("user".to_owned()), Some("user-0".to_owned()));
        read.with(eq(search.clone()), eq(after), eq(4))
            .return_once(|_, _, _| Ok(vec![record(1, true), record(2, true), record(3, false)]));
        let after = Username::parse("User-0").unwrap();
        let listed = list_accounts(reader).execute(admin(), search, Some(after), 3).await.unwrap();
        let expected = [(1, Some(AdminBy::Configuration)), (2, Some(AdminBy::Grant)), (3, None)];
        let expected = expected.map(|(n, admin)| {
            let AccountRecord { user, disabled_at, .. } = record(n, false);
            ListedAccount { user, admin, disabled_at }
        });
        assert_eq!(listed, Listed { items: expected.to_vec(), has_more: false });
    }

    fn session(n: u128) -> Session {
        Session { id: SessionId(Uuid::from_u128(n)), user: user_id(2), created_at: at(1), expires_at: at(99) }
    }

    fn accounts(known: bool) -> Arc<MockAccountReader> {
        let mut accounts = MockAccountReader::new();
        let read = accounts.expect_user().with(eq(user_id(2))).times(1);
        read.return_once(move |_| Ok(known.then(|| account(2))));
        Arc::new(accounts)
    }

    #[tokio::test]
    async fn the_living_sessions_of_a_user_are_listed_in_parts() {
        let mut reader = MockAdminReader::new();
        let before = Some(session(9).id);
        let read = reader.expect_sessions().with(eq(user_id(2)), eq(at(5)), eq(before), eq(3)).times(1);
        read.return_once(|_, _, _, _| Ok(vec![session(8), session(7), session(6)]));
        let list = ListSessions { admin: Arc::new(reader), accounts: accounts(true), clock: clock(5) };
        let listed = list.execute(admin(), user_id(2), before, 2).await.unwrap();
        assert_eq!(listed, Listed { items: vec![session(8), session(7)], has_more: true });
    }

    #[tokio::test]
    async fn an_unknown_user_has_no_list_of_sessions() {
        let admin_reader = Arc::new(MockAdminReader::new());
        let list = ListSessions { admin: admin_reader, accounts: accounts(false), clock: clock(5) };
        let result = list.execute(admin(), user_id(2), None, 2).await;
        assert_eq!(refusal(result), Refusal::UserNotFound);
    }

    #[tokio::test]
    async fn usage_is_listed_from_the_largest_on() {
        for after in [None, Some(UsagePosition { bytes: 7, user: user_id(2) })] {
            let usage = FileUsage { user: user(3), files: 2, bytes: 5 };
            let (mut reader, read) = (MockAdminReader::new(), usage.clone());
            let place = after.unwrap_or(UsagePosition::START);
            let list = reader.expect_file_usage().with(eq(place), eq(21)).times(1);
            list.return_once(|_, _| Ok(vec![read]));
            let listed = ListFileUsage { admin: Arc::new(reader) }.execute(admin(), after, 20).await.unwrap();
            assert_eq!(listed, Listed { items: vec![usage], has_more: false });
        }
    }

    #[tokio::test]
    async fn nothing_is_read_for_others() {
        let accounts = list_accounts(MockAdminReader::new());
        let listed = accounts.execute(caller(1), AccountSearch::all(), None, 20).await.map(drop);
        assert_eq!(refusal(listed), Refusal::ServerAdminRequired);
        let sessions = ListSessions {
            admin: Arc::new(MockAdminReader::new()),
            accounts: Arc::new(MockAccountReader::new()),
            clock: clock(5),
        };
        let listed = sessions.execute(caller(1), user_id(1), None, 20).await.map(drop);
        assert_eq!(refusal(listed), Refusal::ServerAdminRequired);
        let usage = ListFileUsage { admin: Arc::new(MockAdminReader::new()) };
        assert_eq!(refusal(usage.execute(caller(1), None, 20).await), Refusal::ServerAdminRequired);
    }
}
