//! Audit events as values.

use std::net::IpAddr;
use std::str::FromStr;

use crate::account::UserRef;
use crate::membership::Role;
use crate::text::Invalid;
use crate::{AuditEventId, MessageId, RoomId, Timestamp, UserId};

macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident $name:literal;)*) => {
        /// The kind of an audit event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditKind {
            $($(#[$meta])* $kind,)*
        }

        impl AuditKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Returns the name by which people and programs know the kind.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// The actor created the room.
    RoomCreated "room-created";
    /// The actor changed fields of the room.
    RoomUpdated "room-updated";
    /// The actor deleted the room.
    RoomDeleted "room-deleted";
    /// The actor joined the room.
    MemberJoined "member-joined";
    /// The actor made the target a member.
    MemberAdded "member-added";
    /// The actor left the room.
    MemberLeft "member-left";
    /// The actor removed the target from the room.
    MemberRemoved "member-removed";
    /// The actor changed the role of the target.
    RoleChanged "role-changed";
    /// The actor invited the target.
    InvitationMade "invitation-made";
    /// The actor withdrew the invitation of the target.
    InvitationWithdrawn "invitation-withdrawn";
    /// The target declined their invitation.
    InvitationDeclined "invitation-declined";
    /// The target joined by their invitation.
    InvitationUsed "invitation-used";
    /// The actor deleted a message of the target.
    MessageDeleted "message-deleted";
    /// The target's account was created: by themself, or at the command line.
    AccountCreated "account-created";
    /// The actor logged in.
    LoggedIn "logged-in";
    /// An attempt to log in as the target failed, or one under a name that no account has.
    LoginFailed "login-failed";
    /// The actor logged out.
    LoggedOut "logged-out";
    /// The actor changed their password.
    PasswordChanged "password-changed";
    /// The actor failed to change their password.
    PasswordChangeFailed "password-change-failed";
    /// An operator set the target's password: a server admin, or the command line.
    PasswordReset "password-reset";
    /// An operator made the target a server admin, or the target used the link for the first one.
    ServerAdminGranted "server-admin-granted";
    /// An operator made the target no server admin any more.
    ServerAdminWithdrawn "server-admin-withdrawn";
    /// An operator disabled the target's account.
    AccountDisabled "account-disabled";
    /// An operator enabled the target's account.
    AccountEnabled "account-enabled";
    /// An operator ended a session of the target, or all.
    SessionsEnded "sessions-ended";
}

impl AuditKind {
    /// Returns whether such events happen in a room.
    #[must_use]
    pub fn is_in_a_room(self) -> bool {
        match self {
            Self::RoomCreated
            | Self::RoomUpdated
            | Self::RoomDeleted
            | Self::MemberJoined
            | Self::MemberAdded
            | Self::MemberLeft
            | Self::MemberRemoved
            | Self::RoleChanged
            | Self::InvitationMade
            | Self::InvitationWithdrawn
            | Self::InvitationDeclined
            | Self::InvitationUsed
            | Self::MessageDeleted => true,
            Self::AccountCreated
            | Self::LoggedIn
            | Self::LoginFailed
            | Self::LoggedOut
            | Self::PasswordChanged
            | Self::PasswordChangeFailed
            | Self::PasswordReset
            | Self::ServerAdminGranted
            | Self::ServerAdminWithdrawn
            | Self::AccountDisabled
            | Self::AccountEnabled
            | Self::SessionsEnded => false,
        }
    }

    /// Returns whether strangers cause such events, as often as they like: of these only the newest are kept.
    #[must_use]
    pub fn is_by_strangers(self) -> bool {
        self == Self::LoginFailed
    }
}

impl FromStr for AuditKind {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL.iter().copied().find(|kind| kind.name() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
            Invalid::new(format!("must be one of {}", names.join(", ")))
        })
    }
}

/// The fields of a room that an update changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each field that can change, in any combination")]
pub struct RoomFields {
    /// `true` where the name changed.
    pub name: bool,
    /// `true` where the description changed.
    pub description: bool,
    /// `true` where the visibility changed.
    pub visibility: bool,
    /// `true` where the metadata changed.
    pub metadata: bool,
}

/// The details that some kinds of events have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditDetail {
    /// The new role ([`AuditKind::RoleChanged`]).
    Role(Role),
    /// The changed fields ([`AuditKind::RoomUpdated`]).
    Fields(RoomFields),
    /// The actor deleted the room as a server admin, not as an admin of the room ([`AuditKind::RoomDeleted`]).
    ByServerAdmin,
}

/// An audit event to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The event's id.
    pub id: AuditEventId,
    /// The kind.
    pub kind: AuditKind,
    /// The detail, of a kind that has one.
    pub detail: Option<AuditDetail>,
    /// The room, if it happened in one.
    pub room: Option<RoomId>,
    /// The user who did it; `None` for a stranger, and at the command line.
    pub actor: Option<UserId>,
    /// The user to whom it was done, if any.
    pub target: Option<UserId>,
    /// The message, if it was done to one.
    pub message: Option<MessageId>,
    /// The client's address; `None` at the command line.
    pub address: Option<IpAddr>,
    /// The time, by the clock of this replica.
    pub at: Timestamp,
}

/// A stored audit event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The event's id.
    pub id: AuditEventId,
    /// The kind.
    pub kind: AuditKind,
    /// The detail, of a kind that has one.
    pub detail: Option<AuditDetail>,
    /// The room, if it happened in one. It may have been deleted since.
    pub room: Option<RoomId>,
    /// The user who did it; `None` for a stranger, and at the command line.
    pub actor: Option<UserRef>,
    /// The user to whom it was done, if any.
    pub target: Option<UserRef>,
    /// The message, if it was done to one.
    pub message: Option<MessageId>,
    /// The client's address; `None` at the command line.
    pub address: Option<IpAddr>,
    /// The time. The times of a room's events rise strictly.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_name_of_its_own_that_leads_back_to_it() {
        for kind in AuditKind::ALL {
            assert_eq!(kind.name().parse::<AuditKind>().unwrap(), *kind);
            assert_eq!(AuditKind::ALL.iter().filter(|other| other.name() == kind.name()).count(), 1);
        }
        assert!("room-eaten".parse::<AuditKind>().is_err());
        assert!("".parse::<AuditKind>().is_err());
    }
}
