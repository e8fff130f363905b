//! Examining the server: what `parlor doctor` checks, for server admins.

use std::sync::Arc;

use async_trait::async_trait;

use crate::Result;
use crate::account::Identity;

/// The state of something that the server needs, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckState {
    /// It is as it must be.
    Fine,
    /// The server works; a change is recommended.
    Warning,
    /// It does not work.
    Wrong,
}

/// A check of something that the server needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The subject of the check.
    pub name: String,
    /// Its state.
    pub state: CheckState,
    /// The finding, and the remedy where there is a problem.
    pub finding: String,
}

/// Examines the running server.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Examiner: Send + Sync {
    /// Checks everything that serving needs. MUST NOT run on a thread that serves requests, nor more than once at a time.
    async fn examine(&self) -> Vec<Check>;
}

/// Examines the server for its admins.
pub struct ExamineServer {
    /// `None` where no server runs.
    pub(crate) examiner: Option<Arc<dyn Examiner>>,
}

impl ExamineServer {
    /// Returns every check.
    pub async fn execute(&self, caller: Identity) -> Result<Vec<Check>> {
        caller.require_server_admin()?;
        match &self.examiner {
            Some(examiner) => Ok(examiner.examine().await),
            None => Ok(vec![]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;
    use crate::testing::{caller, refusal};

    #[tokio::test]
    async fn a_server_admin_learns_what_was_found() {
        let check = Check { name: "disk".into(), state: CheckState::Warning, finding: "it is full".into() };
        let (mut examiner, found) = (MockExaminer::new(), vec![check]);
        let checks = found.clone();
        examiner.expect_examine().times(1).return_once(|| checks);
        let admin = Identity { server_admin: true, ..caller(1) };
        let examine = ExamineServer { examiner: Some(Arc::new(examiner)) };
        assert_eq!(examine.execute(admin).await.unwrap(), found);
    }

    #[tokio::test]
    async fn nothing_is_examined_for_others() {
        let examine = ExamineServer { examiner: Some(Arc::new(MockExaminer::new())) };
        assert_eq!(refusal(examine.execute(caller(1)).await), Refusal::ServerAdminRequired);
    }
}
