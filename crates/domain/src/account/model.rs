//! Accounts as values. The limits are those of the wire contract, section 2.

use std::fmt;

use time::Duration;

use crate::text::{self, Invalid, text_value};
use crate::{SessionId, Timestamp, UserId};

text_value! {
    /// A username: 3 to 32 of `A-Z a-z 0-9 _ . -`, kept as written, unique without regard to case.
    Username, text::line, custom(text::chars(3, 32)), custom(username_alphabet)
}

text_value! {
    /// An email address: at most 254 characters, unique without regard to case.
    Email, text::line, email, custom(text::chars(3, 254))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde passes its context by reference")]
fn username_alphabet(name: &str, (): &()) -> garde::Result {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')) {
        Ok(())
    } else {
        Err(garde::Error::new("must consist of the letters A-Z and a-z, digits, '_', '.' and '-'"))
    }
}

impl Username {
    /// The form under which the name is unique.
    #[must_use]
    pub fn key(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

impl Email {
    /// The form under which the address is unique.
    #[must_use]
    pub fn key(&self) -> String {
        self.as_str().to_lowercase()
    }
}

/// A new password: 8 to 128 characters, normalised, never trimmed. Never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq, garde::Validate)]
#[garde(transparent)]
pub struct Password(#[garde(custom(text::chars(8, 128)))] String);

impl Password {
    /// Normalises and validates what came from outside.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let password = Self(text::secret(raw)?);
        garde::Validate::validate(&password).map_err(|report| text::first_complaint(&report))?;
        Ok(password)
    }

    /// The secret itself, for the hasher alone.
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

/// What somebody claims their password to be: normalised like one, of any length.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordAttempt(String);

impl PasswordAttempt {
    /// Normalises what came from outside. Text that no password can be is still an attempt, and simply wrong.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        Self(text::secret(raw).unwrap_or_default())
    }

    /// The secret itself, for the hasher alone.
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

/// A hashed password in PHC string format. Never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A user as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserRef {
    /// The user's id.
    pub id: UserId,
    /// The name as its owner wrote it.
    pub username: Username,
}

/// A user as they see themself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The name as its owner wrote it.
    pub username: Username,
    /// The address as its owner wrote it.
    pub email: Email,
    /// When the account was made.
    pub created_at: Timestamp,
}

impl User {
    /// The part that others may see.
    #[must_use]
    pub fn as_ref(&self) -> UserRef {
        UserRef { id: self.id, username: self.username.clone() }
    }
}

/// An account to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The account.
    pub user: User,
    /// Its password, hashed.
    pub password: PasswordHash,
}

/// What a login is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// Its password, hashed.
    pub password: PasswordHash,
}

/// One login of a user. Its tokens hold until it ends or lapses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The session's id, which its tokens carry.
    pub id: SessionId,
    /// Who logged in.
    pub user: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When the latest of its tokens expires.
    pub expires_at: Timestamp,
}

/// Who is calling, as established from a token and a session that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The caller.
    pub user: UserRef,
    /// The session of the token.
    pub session: SessionId,
    /// Whether the caller is an admin of the whole server.
    pub server_admin: bool,
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Whose token it is.
    pub user: UserId,
    /// The session it stands for.
    pub session: SessionId,
    /// When it was made, in whole seconds.
    pub issued_at: Timestamp,
    /// When it expires, in whole seconds.
    pub expires_at: Timestamp,
}

impl Claims {
    /// The claims of a token made now that holds for `ttl`.
    #[must_use]
    pub fn starting(now: Timestamp, ttl: Duration, user: UserId, session: SessionId) -> Self {
        Self { user, session, issued_at: whole_second(now), expires_at: whole_second(now.plus(ttl)) }
    }
}

/// Tokens count in seconds; a session must not outlive its token by the rest of one.
fn whole_second(moment: Timestamp) -> Timestamp {
    let micros = moment.unix_micros();
    Timestamp::from_unix_micros(micros - micros.rem_euclid(1_000_000)).unwrap_or(moment)
}

/// A signed token, and until when it holds. The text is a secret: `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// What the client sends as `Authorization: Bearer …`.
    pub text: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_3_to_32_of_its_alphabet() {
        for good in ["abc", "John_Doe-2.0", &"a".repeat(32)] {
            assert_eq!(Username::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "ab", &"a".repeat(33), "with space", "jörg", "a\0b", "al@ce"] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_and_addresses_are_unique_without_regard_to_case() {
        assert_eq!(Username::parse("Alice").unwrap().key(), Username::parse("aLICE").unwrap().key());
        assert_eq!(
            Email::parse("A@Example.com").unwrap().key(),
            Email::parse("a@example.COM").unwrap().key()
        );
    }

    #[test]
    fn an_email_has_a_shape_and_a_length() {
        assert!(Email::parse(" a@example.com ").is_ok());
        assert!(Email::parse("not an address").is_err());
        assert!(Email::parse(&format!("a@{}.com", "b".repeat(254))).is_err());
    }

    #[test]
    fn a_password_keeps_its_blanks_and_counts_characters() {
        assert_eq!(Password::parse("  seven ").unwrap().expose(), "  seven ");
        assert!(Password::parse("🐈🐈🐈🐈🐈🐈🐈🐈").is_ok());
        assert!(Password::parse("seven77").is_err());
        assert!(Password::parse(&"x".repeat(129)).is_err());
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let shown = format!(
            "{:?} {:?} {:?}",
            Password::parse("hunter2hunter2").unwrap(),
            PasswordAttempt::new("hunter2"),
            PasswordHash("hunter2".into())
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_token_begins_and_expires_on_a_whole_second() {
        let now = Timestamp::from_unix_micros(1_700_000_000_999_999).unwrap();
        let claims = Claims::starting(
            now,
            Duration::hours(1),
            UserId(uuid::Uuid::nil()),
            SessionId(uuid::Uuid::nil()),
        );
        assert_eq!(claims.issued_at.unix_micros(), 1_700_000_000_000_000);
        assert_eq!(claims.expires_at.unix_micros(), 1_700_003_600_000_000);
    }
}
