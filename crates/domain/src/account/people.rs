//! Showing people to others, and finding them.

use std::sync::Arc;

use super::{AccountReader, Directory, Identity, NameStart, Profile};
use crate::{Page, PageRequest, Refusal, Result, UserId};

/// Shows a user as others see them.
pub struct ShowPerson {
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) directory: Directory,
}

impl ShowPerson {
    /// Returns the user; [`Refusal::UserNotFound`] for one whom the caller cannot find.
    pub async fn execute(&self, caller: Identity, user: UserId) -> Result<Profile> {
        let circle = self.directory.circle(&caller).ok_or(Refusal::UserNotFound)?;
        Ok(self.accounts.profile(user, circle).await?.ok_or(Refusal::UserNotFound)?)
    }
}

/// Finds users by the beginning of their names.
pub struct FindPeople {
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) directory: Directory,
}

impl FindPeople {
    /// Returns one page of the users whom the caller can find and whose name begins so, regardless of case, in the order of
    /// the names.
    pub async fn execute(
        &self,
        caller: Identity,
        start: NameStart,
        page: PageRequest,
    ) -> Result<Page<Profile>> {
        match (self.directory.circle(&caller), start.key()) {
            (Some(circle), Some(start)) => Ok(self.accounts.profiles(start, circle, page).await?),
            _ => Ok(Page { items: vec![], total: 0 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::{Circle, MockAccountReader};
    use crate::testing::{at, caller, refusal, user, user_id};

    const FIRST: PageRequest = PageRequest { page: 1, limit: 20 };

    fn profile(n: u128) -> Profile {
        Profile { user: user(n), created_at: at(1) }
    }

    fn start(text: &str) -> NameStart {
        NameStart::parse(text).unwrap()
    }

    /// The directories, and the people among whom user 1 finds others in them.
    const DIRECTORIES: [(Directory, fn() -> Circle); 2] =
        [(Directory::Everyone, || Circle::Everyone), (Directory::Shared, || Circle::Of(user_id(1)))];

    #[tokio::test]
    async fn a_user_whom_the_directory_has_is_shown_to_others() {
        for (directory, circle) in DIRECTORIES {
            for found in [Some(profile(2)), None] {
                let (mut accounts, read) = (MockAccountReader::new(), found.clone());
                let profile = accounts.expect_profile().with(eq(user_id(2)), eq(circle())).times(1);
                profile.return_once(|_, _| Ok(read));
                let show = ShowPerson { accounts: Arc::new(accounts), directory };
                let shown = show.execute(caller(1), user_id(2)).await;
                match found {
                    Some(profile) => assert_eq!(shown.unwrap(), profile),
                    None => assert_eq!(refusal(shown), Refusal::UserNotFound),
                }
            }
        }
    }

    #[tokio::test]
    async fn people_are_looked_for_by_the_start_of_their_keys() {
        for (directory, circle) in DIRECTORIES {
            let mut accounts = MockAccountReader::new();
            let found = Page { items: vec![profile(2)], total: 1 };
            let read =
                accounts.expect_profiles().with(eq("us.r_-9".to_owned()), eq(circle()), eq(FIRST)).times(1);
            let page = found.clone();
            read.return_once(|_, _, _| Ok(page));
            let find = FindPeople { accounts: Arc::new(accounts), directory };
            assert_eq!(find.execute(caller(1), start(" Us.R_-9 "), FIRST).await.unwrap(), found);
        }
    }

    #[tokio::test]
    async fn nobody_is_found_without_a_query_where_no_name_begins_so_or_the_directory_is_off() {
        let none = Page { items: vec![], total: 0 };
        for (directory, text) in [
            (Directory::Everyone, "a b"),
            (Directory::Everyone, "us%"),
            (Directory::Shared, "\u{fc}ser"),
            (Directory::Off, "user"),
        ] {
            let find = FindPeople { accounts: Arc::new(MockAccountReader::new()), directory };
            assert_eq!(find.execute(caller(1), start(text), FIRST).await.unwrap(), none, "{text}");
        }
        let show = ShowPerson { accounts: Arc::new(MockAccountReader::new()), directory: Directory::Off };
        assert_eq!(refusal(show.execute(caller(1), user_id(1)).await), Refusal::UserNotFound);
    }
}
