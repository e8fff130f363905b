//! The use cases of administration, built from the ports.

use super::{ExamineServer, FirstAdmin, ListAccounts, ListFileUsage, ListSessions, Operator};
use crate::account::SignUp;
use crate::wiring::use_cases;

use_cases! {
    /// The use cases of administration: one field each.
    AdminUseCases(ports) {
        operator: Operator {
            store, accounts, sessions; hasher, clock, events; audit: ports.audit_trail()
        },
        first_admin: FirstAdmin {
            store, admin; secrets, clock;
            sign_up: SignUp::new(ports), audit: ports.audit_trail(), configured: !ports.server_admins.is_empty()
        },
        list_accounts: ListAccounts { admin; ; server_admins: ports.server_admin_keys() },
        list_sessions: ListSessions { admin, accounts; clock },
        list_file_usage: ListFileUsage { admin; },
        examine_server: ExamineServer { ; examiner },
    }
}
