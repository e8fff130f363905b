//! The use cases of accounts, built from the ports.

use super::{
    Authenticate, ChangePassword, Failures, FindPeople, IssueTicket, LogIn, LogOut, RefreshToken,
    ShowAccount, ShowPerson, SignUp,
};
use crate::Ports;
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
            failures: failures(ports), token_ttl: ports.token_ttl, audit: ports.audit_trail()
        },
        refresh_token: RefreshToken { store; tokens, clock; token_ttl: ports.token_ttl },
        issue_ticket: IssueTicket { store; secrets, clock },
        log_out: LogOut { store; clock, events; audit: ports.audit_trail() },
        show: ShowAccount { accounts; },
        show_person: ShowPerson { accounts; ; directory: ports.directory },
        find_people: FindPeople { accounts; ; directory: ports.directory },
        change_password: ChangePassword {
            store, accounts; hasher, clock, events; failures: failures(ports), audit: ports.audit_trail()
        },
    }
}

fn failures(ports: &Ports) -> Failures {
    Failures { limits: ports.limits.clone() }
}
