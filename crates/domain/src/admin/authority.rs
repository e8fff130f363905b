//! The authority behind administrative acts.

use std::net::IpAddr;

use crate::account::Identity;
use crate::store::{Store, UnitOfWork};
use crate::{Refusal, Timestamp, UserId};

/// The authority behind an administrative act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// The command line of the server, whose user can do everything anyway.
    CommandLine,
    /// A signed-in caller, who must be a server admin.
    Caller(Identity),
}

impl Authority {
    /// Rejects callers who are no server admins.
    pub(crate) fn require(&self) -> Result<(), Refusal> {
        match self {
            Self::CommandLine => Ok(()),
            Self::Caller(caller) => caller.require_server_admin(),
        }
    }

    /// Rejects callers who are no server admins, and those who would act upon their own account: a slip must not lock the last
    /// admin out, and a stolen session must not take the account over.
    pub(crate) fn require_over(&self, user: UserId) -> Result<(), Refusal> {
        self.require()?;
        if self.actor() == Some(user) { Err(Refusal::NotAllowed) } else { Ok(()) }
    }

    /// Begins a unit of work: a caller's in their session, which may have ended since.
    pub(crate) async fn begin(
        &self,
        store: &dyn Store,
        now: Timestamp,
    ) -> crate::Result<Box<dyn UnitOfWork>> {
        match self {
            Self::CommandLine => Ok(store.begin().await?),
            Self::Caller(caller) => store.begin_in(caller.session, now).await,
        }
    }

    /// Returns the caller's id, if there is one.
    pub(crate) fn actor(&self) -> Option<UserId> {
        match self {
            Self::CommandLine => None,
            Self::Caller(caller) => Some(caller.user.id),
        }
    }

    /// Returns the address of the caller's client, if there is one.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::CommandLine => None,
            Self::Caller(caller) => caller.address,
        }
    }
}

impl Identity {
    /// Rejects callers who do not administer the server.
    pub(crate) fn require_server_admin(&self) -> Result<(), Refusal> {
        if self.server_admin { Ok(()) } else { Err(Refusal::ServerAdminRequired) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{caller, user_id};

    fn admin() -> Identity {
        Identity { server_admin: true, ..caller(1) }
    }

    #[test]
    fn the_command_line_and_server_admins_have_authority() {
        assert_eq!(Authority::CommandLine.require(), Ok(()));
        assert_eq!(Authority::Caller(admin()).require(), Ok(()));
        assert_eq!(Authority::Caller(caller(1)).require(), Err(Refusal::ServerAdminRequired));
    }

    #[test]
    fn admins_have_no_authority_over_themselves() {
        assert_eq!(Authority::Caller(admin()).require_over(user_id(2)), Ok(()));
        assert_eq!(Authority::Caller(admin()).require_over(user_id(1)), Err(Refusal::NotAllowed));
        assert_eq!(Authority::Caller(caller(1)).require_over(user_id(1)), Err(Refusal::ServerAdminRequired));
        assert_eq!(Authority::CommandLine.require_over(user_id(1)), Ok(()));
    }
}
