//! Accounts and their tokens.

use domain::account::{AccessToken, IssuedTicket, User};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::time;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    id: Uuid,
    username: String,
    email: String,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&User> for Account {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.0,
            username: user.username.to_string(),
            email: user.email.to_string(),
            created_at: time(user.created_at),
        }
    }
}

/// A user as others see them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    id: Uuid,
    username: String,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&domain::account::Profile> for Profile {
    fn from(profile: &domain::account::Profile) -> Self {
        Self {
            id: profile.user.id.0,
            username: profile.user.username.to_string(),
            created_at: time(profile.created_at),
        }
    }
}

#[expect(clippy::struct_field_names, reason = "the names are the contract's")]
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Token {
    access_token: String,
    token_type: &'static str,
    #[schema(format = DateTime)]
    expires_at: String,
    /// Beside a login only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user: Option<Account>,
}

impl Token {
    pub(crate) fn new(token: AccessToken, user: Option<&User>) -> Self {
        let expires_at = time(token.expires_at);
        Self { access_token: token.text, token_type: "Bearer", expires_at, user: user.map(Account::from) }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ticket {
    ticket: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<IssuedTicket> for Ticket {
    fn from(issued: IssuedTicket) -> Self {
        Self { ticket: issued.text, expires_at: time(issued.expires_at) }
    }
}
