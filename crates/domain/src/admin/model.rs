//! Administration as values.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::account::{Email, Identity, User, UserRef, is_of_a_username};
use crate::store::{Store, UnitOfWork};
use crate::text::{self, Invalid};
use crate::{Refusal, Timestamp, UserId};

/// The authority behind an administrative act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// The command line of the server, whose user can do everything anyway.
    CommandLine,
    /// A signed-in caller, who must be a server admin.
    Caller(Identity),
}

impl Authority {
    /// Rejects callers who are no server admins.
    pub(crate) fn require(&self) -> Result<(), Refusal> {
        match self {
            Self::CommandLine => Ok(()),
            Self::Caller(caller) => caller.require_server_admin(),
        }
    }

    /// Rejects callers who are no server admins, and those who would act upon their own account: a slip must not lock the last
    /// admin out, and a stolen session must not take the account over.
    pub(crate) fn require_over(&self, user: UserId) -> Result<(), Refusal> {
        self.require()?;
        if self.actor() == Some(user) { Err(Refusal::NotAllowed) } else { Ok(()) }
    }

    /// Begins a unit of work: a caller's in their session, which may have ended since.
    pub(crate) async fn begin(
        &self,
        store: &dyn Store,
        now: Timestamp,
    ) -> crate::Result<Box<dyn UnitOfWork>> {
        match self {
            Self::CommandLine => Ok(store.begin().await?),
            Self::Caller(caller) => store.begin_in(caller.session, now).await,
        }
    }

    /// Returns the caller's id, if there is one.
    pub(crate) fn actor(&self) -> Option<UserId> {
        match self {
            Self::CommandLine => None,
            Self::Caller(caller) => Some(caller.user.id),
        }
    }

    /// Returns the address of the caller's client, if there is one.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::CommandLine => None,
            Self::Caller(caller) => caller.address,
        }
    }
}

impl Identity {
    /// Rejects callers who do not administer the server.
    pub(crate) fn require_server_admin(&self) -> Result<(), Refusal> {
        if self.server_admin { Ok(()) } else { Err(Refusal::ServerAdminRequired) }
    }
}

/// The accounts to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountSearch {
    /// Those whose [key](crate::account::Username::key) starts so: letters in lower case, digits, `_`, `.` and `-` only.
    Named(String),
    /// That of this [address](Email::key).
    Addressed(String),
}

impl AccountSearch {
    /// All accounts.
    #[must_use]
    pub fn all() -> Self {
        Self::Named(String::new())
    }
}

impl FromStr for AccountSearch {
    type Err = Invalid;

    /// Reads the beginning of a username, or a whole email address.
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let line = text::line(raw)?;
        if line.contains('@') {
            return Email::parse(&line).map(|address| Self::Addressed(address.key()));
        }
        let start = line.to_ascii_lowercase();
        if start.len() > 32 || !start.chars().all(is_of_a_username) {
            return Err(Invalid::new("must be the beginning of a username, or an email address"));
        }
        Ok(Self::Named(start))
    }
}

/// An account as the store has it for admins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// The account.
    pub user: User,
    /// `true` where an admin or the command line made the user a server admin.
    pub server_admin: bool,
    /// The time at which the account was disabled; `None` for one in use.
    pub disabled_at: Option<Timestamp>,
}

/// The reason for which a user administers the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminBy {
    /// The configuration names them; such rights are not withdrawn here.
    Configuration,
    /// An admin or the command line made them one.
    Grant,
}

/// An account as admins see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAccount {
    /// The account.
    pub user: User,
    /// The reason for which the user administers the server, if they do.
    pub admin: Option<AdminBy>,
    /// The time at which the account was disabled; `None` for one in use.
    pub disabled_at: Option<Timestamp>,
}

/// The files of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUsage {
    /// The user.
    pub user: UserRef,
    /// The number of the files.
    pub files: u64,
    /// The bytes that they take.
    pub bytes: u64,
}

impl FileUsage {
    /// Returns the place in the list.
    #[must_use]
    pub fn position(&self) -> UsagePosition {
        UsagePosition { bytes: self.bytes, user: self.user.id }
    }
}

/// A place in the list of users by the bytes of their files. Its text is `<bytes>-<user id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsagePosition {
    /// The bytes.
    pub bytes: u64,
    /// The user, among those of as many bytes.
    pub user: UserId,
}

impl UsagePosition {
    /// The place before all others.
    pub const START: Self = Self { bytes: i64::MAX.unsigned_abs(), user: UserId(Uuid::max()) };
}

impl fmt::Display for UsagePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.bytes, self.user.0)
    }
}

impl FromStr for UsagePosition {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let read = || {
            let (bytes, user) = text.split_once('-')?;
            let bytes = bytes.parse::<u64>().ok().filter(|bytes| *bytes <= Self::START.bytes)?;
            Some(Self { bytes, user: UserId(Uuid::try_parse(user).ok()?) })
        };
        read().ok_or_else(|| Invalid::new("must be the `after` of an earlier page"))
    }
}

/// The beginning of what is left of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// At most as many items as were asked for.
    pub items: Vec<T>,
    /// `true` where more follow.
    pub has_more: bool,
}

impl<T> Listed<T> {
    /// Keeps the first `limit` of items, of which one more was read where there are more.
    pub(crate) fn first(mut items: Vec<T>, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        Self { items, has_more }
    }
}

/// The hash of the secret in a link: the store does not know the secret itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkHash(pub [u8; 32]);

impl LinkHash {
    /// Returns the hash of a secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }
}

/// A link that makes the first server admin, once. `Debug` does not print the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct OfferedLink {
    /// The secret that the link carries.
    pub secret: String,
    /// The time at which it lapses.
    pub expires_at: Timestamp,
}

impl fmt::Debug for OfferedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfferedLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{caller, user_id};

    fn admin() -> Identity {
        Identity { server_admin: true, ..caller(1) }
    }

    #[test]
    fn the_command_line_and_server_admins_have_authority() {
        assert_eq!(Authority::CommandLine.require(), Ok(()));
        assert_eq!(Authority::Caller(admin()).require(), Ok(()));
        assert_eq!(Authority::Caller(caller(1)).require(), Err(Refusal::ServerAdminRequired));
    }

    #[test]
    fn admins_have_no_authority_over_themselves() {
        assert_eq!(Authority::Caller(admin()).require_over(user_id(2)), Ok(()));
        assert_eq!(Authority::Caller(admin()).require_over(user_id(1)), Err(Refusal::NotAllowed));
        assert_eq!(Authority::Caller(caller(1)).require_over(user_id(1)), Err(Refusal::ServerAdminRequired));
        assert_eq!(Authority::CommandLine.require_over(user_id(1)), Ok(()));
    }

    #[test]
    fn accounts_are_looked_for_by_the_start_of_a_name_or_by_an_address() {
        for (text, expected) in [
            (" Us.R_-9 ", AccountSearch::Named("us.r_-9".to_owned())),
            ("", AccountSearch::all()),
            (" John@Example.org", AccountSearch::Addressed("john@example.org".to_owned())),
        ] {
            assert_eq!(text.parse::<AccountSearch>().unwrap(), expected, "{text}");
        }
        for text in ["a b", "us%", "\u{fc}ser", "a@", "a\0", &"a".repeat(33)] {
            assert!(text.parse::<AccountSearch>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_place_among_usages_survives_its_text() {
        for place in [UsagePosition::START, UsagePosition { bytes: 0, user: user_id(7) }] {
            assert_eq!(place.to_string().parse::<UsagePosition>().unwrap(), place);
        }
        let beyond = format!("{}-{}", u64::MAX, user_id(1).0);
        for text in ["", "7", "7-", "-7", "x-00000000-0000-0000-0000-000000000007", &beyond] {
            assert!(text.parse::<UsagePosition>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_has_more_where_more_was_read() {
        assert_eq!(Listed::first(vec![1, 2, 3], 2), Listed { items: vec![1, 2], has_more: true });
        assert_eq!(Listed::first(vec![1, 2], 2), Listed { items: vec![1, 2], has_more: false });
    }

    #[test]
    fn the_hash_is_sha_256_and_the_secret_is_not_printed() {
        assert_eq!(LinkHash::of("abc").0[..4], [0xba, 0x78, 0x16, 0xbf]);
        let link = OfferedLink { secret: "hidden".to_owned(), expires_at: Timestamp::EPOCH };
        assert!(!format!("{link:?}").contains("hidden"));
    }
}
