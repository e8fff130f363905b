//! Accounts, passwords, and the sessions that tokens stand for.

mod authenticate;
mod change_password;
mod common_passwords;
mod directory;
mod failures;
mod issue_ticket;
mod log_in;
mod log_out;
mod model;
mod people;
mod ports;
mod refresh;
mod show;
mod sign_up;
mod ticket;

pub use authenticate::Authenticate;
pub use change_password::{ChangePassword, ChangePasswordCommand};
pub use directory::{Circle, Directory, NameStart, Profile};
pub use failures::Attempt;
pub(crate) use failures::Failures;
pub use issue_ticket::IssueTicket;
pub use log_in::{LogIn, LogInCommand, LoggedIn};
pub use log_out::LogOut;
pub(crate) use model::is_of_a_username;
pub use model::{
    AccessToken, Claims, Credentials, Email, Identity, LoginName, NewUser, NewUsername, Password,
    PasswordAttempt, PasswordHash, Session, User, UserRef, Username,
};
pub use people::{FindPeople, ShowPerson};
pub use ports::{
    AccountReader, AccountWrites, PasswordHasher, SecretSource, SessionReader, SessionWrites, TokenSigner,
};
pub use refresh::RefreshToken;
pub use show::ShowAccount;
pub use sign_up::{SignUp, SignUpCommand};
pub use ticket::{IssuedTicket, Ticket, TicketGrant, TicketHash};

#[cfg(any(test, feature = "mocks"))]
pub use ports::{
    MockAccountReader, MockPasswordHasher, MockSecretSource, MockSessionReader, MockTokenSigner,
};

use crate::wiring::use_cases;

use_cases! {
    /// The use cases of accounts: one field each.
    AccountUseCases(ports) {
        authenticate: Authenticate {
            store, sessions; recent_sessions, tokens, clock; server_admins: ports.server_admin_keys()
        },
        sign_up: SignUp = SignUp::new(ports),
        log_in: LogIn {
            store, accounts; hasher, tokens, clock, ids;
            failures: Failures::new(ports), token_ttl: ports.token_ttl, audit: ports.audit_trail()
        },
        refresh_token: RefreshToken { store; tokens, clock; token_ttl: ports.token_ttl },
        issue_ticket: IssueTicket { store; secrets, clock },
        log_out: LogOut { store; clock, events; audit: ports.audit_trail() },
        show: ShowAccount { accounts; },
        show_person: ShowPerson { accounts; ; directory: ports.directory },
        find_people: FindPeople { accounts; ; directory: ports.directory },
        change_password: ChangePassword {
            store, accounts; hasher, clock, events; failures: Failures::new(ports), audit: ports.audit_trail()
        },
    }
}
