//! The use cases of accounts, built from the ports.

use super::{
    Authenticate, ChangePassword, Failures, FindPeople, IssueTicket, LogIn, LogOut, RefreshToken,
    ShowAccount, ShowPerson, SignUp,
};
use crate::Ports;
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of accounts: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct AccountUseCases {
    pub authenticate: Authenticate,
    pub sign_up: SignUp,
    pub log_in: LogIn,
    pub refresh_token: RefreshToken,
    pub issue_ticket: IssueTicket,
    pub log_out: LogOut,
    pub show: ShowAccount,
    pub show_person: ShowPerson,
    pub find_people: FindPeople,
    pub change_password: ChangePassword,
}

impl AccountUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports {
            stored: SharedStore { store, accounts, sessions, .. },
            recent_sessions,
            events,
            hasher,
            tokens,
            clock,
            secrets,
            ids,
            limits,
            ..
        } = ports;
        let audit = &ports.audit_trail();
        let failures = &use_case!(Failures { limits });
        Self {
            authenticate: use_case!(Authenticate {
                store, sessions, recent_sessions, tokens, clock; server_admins: ports.server_admin_keys()
            }),
            sign_up: SignUp::new(ports),
            log_in: use_case!(LogIn {
                store, accounts, hasher, tokens, clock, ids, failures, audit; token_ttl: ports.token_ttl
            }),
            refresh_token: use_case!(RefreshToken { store, tokens, clock; token_ttl: ports.token_ttl }),
            issue_ticket: use_case!(IssueTicket { store, secrets, clock }),
            log_out: use_case!(LogOut { store, clock, events, audit }),
            show: use_case!(ShowAccount { accounts }),
            show_person: use_case!(ShowPerson { accounts; directory: ports.directory }),
            find_people: use_case!(FindPeople { accounts; directory: ports.directory }),
            change_password: use_case!(ChangePassword {
                store,
                accounts,
                hasher,
                clock,
                events,
                failures,
                audit
            }),
        }
    }
}
