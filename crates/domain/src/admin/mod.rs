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
mod use_cases;

pub use authority::Authority;
pub use examine::{Check, CheckState, ExamineServer, Examiner};
pub use first_admin::FirstAdmin;
pub use link::{LinkHash, OfferedLink};
pub use list::{ListAccounts, ListFileUsage, ListSessions};
pub use model::{AccountRecord, AccountSearch, AdminBy, Listed, ListedAccount};
pub use operator::Operator;
pub use ports::{AdminReader, AdminWrites};
pub use usage::{FileUsage, UsagePosition};
pub use use_cases::AdminUseCases;

#[cfg(any(test, feature = "mocks"))]
pub use {examine::MockExaminer, ports::MockAdminReader};
