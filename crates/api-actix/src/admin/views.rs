//! The JSON of administration.

use domain::account::Session;
use domain::admin::{AdminBy, Check, CheckState, FileUsage, ListedAccount};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::Shown;
use crate::json::{UserRef, samples, time as moment};

/// An account as admins see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedAccount {
    id: Uuid,
    username: String,
    email: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// The reason for which the user is a server admin; null for others.
    #[schema(required = true)]
    admin: Option<AdminName>,
    /// The time at which the account was disabled; null for one in use.
    #[schema(required = true, format = DateTime)]
    disabled_at: Option<String>,
}

/// `configuration` is a name in `PARLOR_ADMINS`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum AdminName {
    Configuration,
    Grant,
}

impl From<&ListedAccount> for ManagedAccount {
    fn from(listed: &ListedAccount) -> Self {
        let ListedAccount { user, admin, disabled_at } = listed;
        Self {
            id: user.id.0,
            username: user.username.to_string(),
            email: user.email.to_string(),
            created_at: moment(user.created_at),
            admin: admin.map(|by| match by {
                AdminBy::Configuration => AdminName::Configuration,
                AdminBy::Grant => AdminName::Grant,
            }),
            disabled_at: disabled_at.map(moment),
        }
    }
}

impl Shown for ManagedAccount {
    fn example() -> Self {
        let (user, admin) = (samples::user(), Some(AdminBy::Grant));
        Self::from(&ListedAccount { user, admin, disabled_at: None })
    }
}

/// A session that has neither ended nor expired.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LivingSession {
    id: Uuid,
    #[schema(format = DateTime)]
    created_at: String,
    /// The time at which it ends by itself, unless its token is refreshed.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<&Session> for LivingSession {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.0,
            created_at: moment(session.created_at),
            expires_at: moment(session.expires_at),
        }
    }
}

impl Shown for LivingSession {
    fn example() -> Self {
        let created_at = samples::user().created_at;
        Self {
            id: samples::FILE.0,
            created_at: moment(created_at),
            expires_at: moment(created_at.plus(time::Duration::DAY)),
        }
    }
}

/// The files of a user, summed up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserFiles {
    user: UserRef,
    /// The number of the files.
    files: u64,
    /// Their bytes.
    bytes: u64,
}

impl From<&FileUsage> for UserFiles {
    fn from(usage: &FileUsage) -> Self {
        Self { user: UserRef::from(&usage.user), files: usage.files, bytes: usage.bytes }
    }
}

impl Shown for UserFiles {
    fn example() -> Self {
        Self { user: UserRef::from(&samples::user().as_ref()), files: 3, bytes: 1_048_576 }
    }
}

/// The state of the server.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    /// The version of the program.
    version: &'static str,
    /// The worst state among the checks.
    state: CheckName,
    checks: Vec<CheckResult>,
}

/// `warning`: the server works, and a change is recommended; `wrong`: it does not work as it must.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum CheckName {
    Fine,
    Warning,
    Wrong,
}

impl From<CheckState> for CheckName {
    fn from(state: CheckState) -> Self {
        match state {
            CheckState::Fine => Self::Fine,
            CheckState::Warning => Self::Warning,
            CheckState::Wrong => Self::Wrong,
        }
    }
}

/// One check.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CheckResult {
    /// The subject of the check.
    name: String,
    state: CheckName,
    /// The finding, and the remedy where there is a problem.
    finding: String,
}

impl Health {
    pub(super) fn of(checks: &[Check]) -> Self {
        let result = |check: &Check| CheckResult {
            name: check.name.clone(),
            state: check.state.into(),
            finding: check.finding.clone(),
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            state: checks.iter().map(|check| check.state).max().unwrap_or(CheckState::Fine).into(),
            checks: checks.iter().map(result).collect(),
        }
    }
}

impl Shown for Health {
    fn example() -> Self {
        let finding = "it answers; 18 migrations are applied".to_owned();
        Self::of(&[Check { name: "database".to_owned(), state: CheckState::Fine, finding }])
    }
}
