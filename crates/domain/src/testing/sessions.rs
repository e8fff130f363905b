//! Fixtures of sessions.

use std::sync::Arc;

use mockall::predicate::eq;

use super::{at, caller};
use crate::account::MockSessionReader;

/// Expects the session of user 1 to be read once, at time 5; it stands, or has ended.
pub(crate) fn sessions(stands: bool) -> Arc<MockSessionReader> {
    let mut sessions = MockSessionReader::new();
    let read = sessions.expect_session().with(eq(caller(1).session), eq(at(5))).times(1);
    read.return_once(move |_, _| Ok(stands.then(|| caller(1))));
    Arc::new(sessions)
}
