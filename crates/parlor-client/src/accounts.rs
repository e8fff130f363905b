//! Accounts and sessions.

use serde_json::json;

use crate::client::{data, done};
use crate::{Account, Client, Error, Invitation, List, Login, Ticket, Token};

impl Client {
    /// Makes an account. The client is not signed in by it.
    ///
    /// # Errors
    /// Refused with `USERNAME_TAKEN`, `EMAIL_TAKEN` or `VALIDATION_FAILED`.
    pub async fn sign_up(&self, username: &str, email: &str, password: &str) -> Result<Account, Error> {
        let body = json!({"username": username, "email": email, "password": password});
        data(self.post("/api/auth/signup").json(&body)).await
    }

    /// Begins a session and returns its token and account. `name` is a username or an email address. This client stays
    /// as it is: see [`sign_in`](Self::sign_in).
    ///
    /// # Errors
    /// Refused with `INVALID_CREDENTIALS`.
    pub async fn log_in(&self, name: &str, password: &str) -> Result<Login, Error> {
        let by = if name.contains('@') { "email" } else { "username" };
        data(self.post("/api/auth/login").json(&json!({by: name, "password": password}))).await
    }

    /// Begins a session and returns a client that has it.
    ///
    /// # Errors
    /// Refused with `INVALID_CREDENTIALS`.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Self, Error> {
        Ok(self.with_token(self.log_in(name, password).await?.token.access_token))
    }

    /// Takes a new token for the same session, for this client, its clones and their live connections.
    ///
    /// # Errors
    /// Refused with `UNAUTHENTICATED`.
    pub async fn refresh(&self) -> Result<Token, Error> {
        let token: Token = data(self.post("/api/auth/refresh")).await?;
        self.set_token(&token.access_token);
        Ok(token)
    }

    /// Issues a ticket for the session: for a page that opens a live connection by URL, as
    /// [`Socket::open_by_ticket`](crate::Socket::open_by_ticket) does.
    ///
    /// # Errors
    /// Refused with `UNAUTHENTICATED`.
    pub async fn issue_ticket(&self) -> Result<Ticket, Error> {
        data(self.post("/api/auth/tickets")).await
    }

    /// Ends the session, and with it the session's live connections.
    ///
    /// # Errors
    /// Refused with `UNAUTHENTICATED`.
    pub async fn log_out(&self) -> Result<(), Error> {
        done(self.post("/api/auth/logout")).await
    }

    /// Returns the caller's account.
    ///
    /// # Errors
    /// Refused with `UNAUTHENTICATED`.
    pub async fn me(&self) -> Result<Account, Error> {
        data(self.get("/api/users/me")).await
    }

    /// Changes the password and ends every other session of the account.
    ///
    /// # Errors
    /// Refused with `INVALID_CREDENTIALS` where `current` is not the present password.
    pub async fn change_password(&self, current: &str, new: &str) -> Result<Account, Error> {
        let body = json!({"currentPassword": current, "password": new});
        data(self.patch("/api/users/me").json(&body)).await
    }

    /// Lists the caller's open invitations.
    pub fn invitations(&self) -> List<Invitation> {
        List::new(self, "/api/invitations".to_owned())
    }
}
