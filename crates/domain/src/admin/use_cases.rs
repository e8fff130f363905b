//! The use cases of administration, built from the ports.

use super::{ExamineServer, FirstAdmin, ListAccounts, ListFileUsage, ListSessions, Operator};
use crate::Ports;
use crate::account::SignUp;
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of administration: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct AdminUseCases {
    pub operator: Operator,
    pub first_admin: FirstAdmin,
    pub list_accounts: ListAccounts,
    pub list_sessions: ListSessions,
    pub list_file_usage: ListFileUsage,
    pub examine_server: ExamineServer,
}

impl AdminUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports {
            stored: SharedStore { store, accounts, sessions, admin, .. },
            examiner,
            events,
            hasher,
            clock,
            secrets,
            ..
        } = ports;
        let audit = &ports.audit_trail();
        Self {
            operator: use_case!(Operator { store, accounts, sessions, hasher, clock, events, audit }),
            first_admin: use_case!(FirstAdmin {
                store, admin, secrets, clock, audit;
                sign_up: SignUp::new(ports), configured: !ports.server_admins.is_empty()
            }),
            list_accounts: use_case!(ListAccounts { admin; server_admins: ports.server_admin_keys() }),
            list_sessions: use_case!(ListSessions { admin, accounts, clock }),
            list_file_usage: use_case!(ListFileUsage { admin }),
            examine_server: use_case!(ExamineServer { examiner }),
        }
    }
}
