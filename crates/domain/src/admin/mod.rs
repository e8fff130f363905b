//! Administration of the server: of accounts, their sessions and rights, and how the first server admin comes to be.

mod examine;
mod first_admin;
mod list;
mod model;
mod operator;
mod ports;

pub use examine::{Check, CheckState, ExamineServer, Examiner};
pub use first_admin::FirstAdmin;
pub use list::{ListAccounts, ListFileUsage, ListSessions};
pub use model::{
    AccountRecord, AccountSearch, AdminBy, Authority, FileUsage, LinkHash, Listed, ListedAccount,
    OfferedLink, UsagePosition,
};
pub use operator::Operator;
pub use ports::{AdminReader, AdminWrites};

#[cfg(any(test, feature = "mocks"))]
pub use {examine::MockExaminer, ports::MockAdminReader};
