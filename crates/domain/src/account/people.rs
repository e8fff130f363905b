//! People as others see them, and finding them.

use std::sync::Arc;

use super::{AccountReader, Identity, UserRef};
use crate::text::{self, text_value};
use crate::{Page, PageRequest, Refusal, Timestamp, UserId};

text_value! {
    /// The beginning of a username to search for: 2 to 32 characters, which no username may begin with.
    NameStart, text::line, custom(text::chars(2, 32))
}

impl NameStart {
    /// Returns the start of [keys](super::Username::key) to search for; `None` where no username can begin so.
    fn key(&self) -> Option<String> {
        let key = self.as_str().to_ascii_lowercase();
        key.chars().all(super::is_of_a_username).then_some(key)
    }
}

/// A user as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The user.
    pub user: UserRef,
    /// The time of the signup.
    pub created_at: Timestamp,
}

/// The people whom callers can find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Directory {
    /// Everyone.
    #[default]
    Everyone,
    /// Those with whom the caller shares a room, and the caller.
    Shared,
    /// Nobody: the directory is not served.
    Off,
}

/// The people among whom a store looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circle {
    /// Everyone.
    Everyone,
    /// That user, and those who are in a room with them.
    Of(UserId),
}

impl Directory {
    /// Returns the people whom the caller can find; `None` for nobody.
    fn circle(self, caller: &Identity) -> Option<Circle> {
        match self {
            Self::Everyone => Some(Circle::Everyone),
            Self::Shared => Some(Circle::Of(caller.user.id)),
            Self::Off => None,
        }
    }
}

/// Shows a user as others see them.
pub struct ShowPerson {
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) directory: Directory,
}

impl ShowPerson {
    /// Returns the user; [`Refusal::UserNotFound`] for one whom the caller cannot find.
    pub async fn execute(&self, caller: Identity, user: UserId) -> crate::Result<Profile> {
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
    ) -> crate::Result<Page<Profile>> {
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
    use crate::account::MockAccountReader;
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

    #[test]
    fn a_start_has_2_to_32_characters_of_any_kind() {
        for (text, valid) in
            [("ab", true), (" ab ", true), ("a", false), (" a ", false), ("\u{fc}\u{1f408}", true)]
        {
            assert_eq!(NameStart::parse(text).is_ok(), valid, "{text:?}");
        }
        assert!(NameStart::parse(&"a".repeat(32)).is_ok());
        assert!(NameStart::parse(&"a".repeat(33)).is_err());
        assert!(NameStart::parse("a\0b").is_err());
    }
}
