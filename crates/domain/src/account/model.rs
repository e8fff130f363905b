//! Accounts as values. The limits are those of the wire contract, section 2.

use std::fmt;
use std::net::IpAddr;

use time::Duration;

use super::common_passwords::is_common;
use crate::text::{self, Invalid, text_value};
use crate::{SessionId, Timestamp, UserId};

text_value! {
    /// A username: 3 to 32 of `A-Z a-z 0-9 _ . -`, kept as written, unique regardless of case.
    Username, text::line, custom(text::chars(3, 32)), custom(username_alphabet)
}

text_value! {
    /// An email address: at most 254 characters, unique regardless of case.
    Email, text::line, email, custom(text::chars(3, 254))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde passes its context by reference")]
fn username_alphabet(name: &str, (): &()) -> garde::Result {
    if name.chars().all(is_of_a_username) {
        Ok(())
    } else {
        Err(garde::Error::new("must consist of the letters A-Z and a-z, digits, '_', '.' and '-'"))
    }
}

/// Returns whether usernames may have that character.
pub(crate) fn is_of_a_username(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

impl Username {
    /// Returns the form under which the name is unique.
    #[must_use]
    pub fn key(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

/// A username that an account may have from now on: not one that stands for something else where people are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUsername(pub Username);

/// The names that no account may take, as [keys](Username::key). `@room` mentions everybody in a room.
const RESERVED: [&str; 1] = ["room"];

impl std::str::FromStr for NewUsername {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let name = Username::parse(raw)?;
        if RESERVED.contains(&name.key().as_str()) {
            return Err(Invalid::new("is reserved; choose another one"));
        }
        Ok(Self(name))
    }
}

impl Email {
    /// Returns the form under which the address is unique.
    #[must_use]
    pub fn key(&self) -> String {
        self.as_str().to_lowercase()
    }
}

/// A new password: 8 to 128 characters, NFC-normalised, never trimmed. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq, garde::Validate)]
#[garde(transparent)]
pub struct Password(#[garde(custom(text::chars(8, 128)))] String);

impl Password {
    /// Normalises and validates raw text. The most common passwords are refused.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let password = Self(text::secret(raw)?);
        garde::Validate::validate(&password).map_err(|report| text::first_message(&report))?;
        if is_common(&password.0) {
            return Err(Invalid::new("is one of the most common passwords; choose another"));
        }
        Ok(password)
    }

    /// Returns the secret, for the hasher only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A claimed password: normalised like a password, of any length. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordAttempt(String);

impl PasswordAttempt {
    /// Normalises raw text. Text that no password can be becomes an attempt that never matches.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        Self(text::secret(raw).unwrap_or_default())
    }

    /// Returns the secret, for the hasher only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordAttempt(…)")
    }
}

/// A hashed password in PHC string format. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A user as other users see them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserRef {
    /// The user's id.
    pub id: UserId,
    /// The name as its owner wrote it.
    pub username: Username,
}

/// An account as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The name as its owner wrote it.
    pub username: Username,
    /// The address as its owner wrote it.
    pub email: Email,
    /// The time of the signup.
    pub created_at: Timestamp,
}

impl User {
    /// Returns the part that other users see.
    #[must_use]
    pub fn as_ref(&self) -> UserRef {
        UserRef { id: self.id, username: self.username.clone() }
    }
}

/// An account to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The account.
    pub user: User,
    /// The hashed password.
    pub password: PasswordHash,
}

/// The data that a login is verified against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// The hashed password.
    pub password: PasswordHash,
}

/// One login of a user. Its tokens are valid until the session ends or expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The session's id, which its tokens carry.
    pub id: SessionId,
    /// The user who logged in.
    pub user: UserId,
    /// The time of the login.
    pub created_at: Timestamp,
    /// The expiry of its latest token.
    pub expires_at: Timestamp,
}

/// An authenticated caller: the owner of a valid token whose session has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The caller.
    pub user: UserRef,
    /// The session of the token.
    pub session: SessionId,
    /// `true` for an admin of the whole server.
    pub server_admin: bool,
    /// The address of the client, for the audit log; `None` where a store or a cache returns the session's owner.
    pub address: Option<IpAddr>,
}

/// The content of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The owner of the token.
    pub user: UserId,
    /// The session that the token stands for.
    pub session: SessionId,
    /// The time of issue, in whole seconds.
    pub issued_at: Timestamp,
    /// The time of expiry, in whole seconds.
    pub expires_at: Timestamp,
}

impl Claims {
    /// Returns the claims of a token issued at `now` that is valid for `ttl`, both truncated to whole seconds.
    #[must_use]
    pub fn starting(now: Timestamp, ttl: Duration, user: UserId, session: SessionId) -> Self {
        Self { user, session, issued_at: whole_second(now), expires_at: whole_second(now.plus(ttl)) }
    }
}

/// Truncates to the second, the precision of tokens: a session must not outlive its token by a fraction of one.
fn whole_second(moment: Timestamp) -> Timestamp {
    let micros = moment.unix_micros();
    Timestamp::from_unix_micros(micros - micros.rem_euclid(1_000_000)).unwrap_or(moment)
}

/// A signed token and its expiry. `Debug` does not print the text, which is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The text that the client sends as `Authorization: Bearer …`.
    pub text: String,
    /// The time of expiry.
    pub expires_at: Timestamp,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The name in a login. Any text is accepted: one that no account can have matches none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LoginName {
    /// A username.
    Username(String),
    /// An email address.
    Email(String),
}

impl LoginName {
    /// Returns the form under which names and addresses are looked up and rate limits count them: lower case.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Username(name) => name.to_ascii_lowercase(),
            Self::Email(address) => address.to_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests;
