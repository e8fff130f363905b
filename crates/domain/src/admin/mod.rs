//! Administration of the server: of accounts, their sessions and rights, and how the first server admin comes to be.

mod authority;
mod examine;
mod first_admin;
mod link;
mod list;
mod model;
mod operator;
mod ports;
mod usage;

pub use authority::Authority;
pub use examine::{Check, CheckState, ExamineServer, Examiner};
pub use first_admin::FirstAdmin;
pub use link::{LinkHash, OfferedLink};
pub use list::{ListAccounts, ListFileUsage, ListSessions};
pub use model::{AccountRecord, AccountSearch, AdminBy, Listed, ListedAccount};
pub use operator::Operator;
pub use ports::{AdminReader, AdminWrites};
pub use usage::{FileUsage, UsagePosition};

#[cfg(any(test, feature = "mocks"))]
pub use {examine::MockExaminer, ports::MockAdminReader};

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
