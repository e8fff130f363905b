//! Listing rooms with their members and the users present in them.

use std::sync::Arc;

use super::{PresenceLookup, Roster, RosterReader};
use crate::account::{AccountReader, Identity, Username};
use crate::invitation::Invitee;
use crate::{Result, UserId};

/// The most rooms listed of each visibility, newest first: the list has no pages.
const MOST: u32 = 1_000;

/// Lists the public rooms, and to a caller their own private ones.
pub struct ListRosters {
    pub(crate) rosters: Arc<dyn RosterReader>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) lookup: PresenceLookup,
    /// Accepts a username without a token as proof of identity.
    pub(crate) trust_usernames: bool,
}

impl ListRosters {
    /// Returns the public rooms, and the private ones of the user `whose` where that is the caller. A request for
    /// another user's private rooms is no error: they are left out.
    pub async fn execute(&self, caller: Option<Identity>, whose: Option<Username>) -> Result<Vec<Roster>> {
        let member = self.member(caller, whose).await?;
        let rooms = self.rosters.rosters(member, MOST).await?;
        Ok(self.lookup.complete(rooms).await)
    }

    async fn member(&self, caller: Option<Identity>, whose: Option<Username>) -> Result<Option<UserId>> {
        let Some(whose) = whose else { return Ok(None) };
        match caller {
            Some(caller) if caller.user.username.key() == whose.key() => Ok(Some(caller.user.id)),
            _ if self.trust_usernames => {
                Ok(self.accounts.find(Invitee::Name(whose)).await?.map(|user| user.id))
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::MockAccountReader;
    use crate::compat::ryos::{MockPresenceMarks, MockRosterReader};
    use crate::presence::MockPresence;
    use crate::testing::{at, caller, clock, user, user_id};

    /// Lists, and checks that the private rooms of `member` are read from the store.
    async fn list(caller: Option<Identity>, whose: Option<Username>, trust: bool, member: Option<UserId>) {
        let mut rosters = MockRosterReader::new();
        rosters
            .expect_rosters()
            .withf(move |read, most| (*read, *most) == (member, MOST))
            .times(1)
            .returning(|_, _| Ok(vec![]));
        let mut accounts = MockAccountReader::new();
        let looked_up = accounts.expect_find().with(eq(Invitee::Name(user(1).username)));
        looked_up.times(usize::from(trust)).returning(|_| Ok(Some(user(1))));
        let mut presence = MockPresence::new();
        presence.expect_present_in().with(eq(vec![])).times(1).returning(|_| vec![]);
        let mut marks = MockPresenceMarks::new();
        marks.expect_marked().with(eq(vec![]), eq(at(5))).times(1).returning(|_, _| vec![]);
        let lookup = PresenceLookup { presence: Arc::new(presence), marks: Arc::new(marks), clock: clock(5) };
        let (rosters, accounts) = (Arc::new(rosters), Arc::new(accounts));
        let list = ListRosters { rosters, accounts, lookup, trust_usernames: trust };
        assert!(list.execute(caller, whose).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn private_rooms_are_listed_to_their_member_only() {
        let alice = || Some(Username::parse("USER-1").unwrap());
        list(Some(caller(1)), alice(), false, Some(user_id(1))).await;
        list(Some(caller(1)), None, false, None).await;
        list(Some(caller(2)), alice(), false, None).await;
        list(None, alice(), false, None).await;
    }

    #[tokio::test]
    async fn a_trusted_username_lists_private_rooms_without_a_token() {
        list(None, Some(user(1).username), true, Some(user_id(1))).await;
    }
}
