//! All use cases, built from the ports.

use crate::account::AccountUseCases;
use crate::admin::AdminUseCases;
use crate::audit::ListRoomAudit;
use crate::compat::envelope::EnvelopeUseCases;
use crate::compat::ryos::RyosUseCases;
use crate::direct::OpenDirect;
use crate::event::ReadChanges;
use crate::file::FileUseCases;
use crate::invitation::InvitationUseCases;
use crate::membership::MembershipUseCases;
use crate::message::MessageUseCases;
use crate::ports::Ports;
use crate::presence::PresenceUseCases;
use crate::room::RoomUseCases;
use crate::search::SearchUseCases;
use crate::store::SharedStore;
use crate::sync::ReadSync;
use crate::wiring::use_case;

/// All use cases: a group for each concept that has several, and for each dialect.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct UseCases {
    pub accounts: AccountUseCases,
    pub admin: AdminUseCases,
    pub rooms: RoomUseCases,
    pub open_direct: OpenDirect,
    pub members: MembershipUseCases,
    pub invitations: InvitationUseCases,
    pub messages: MessageUseCases,
    pub read_changes: ReadChanges,
    pub read_sync: ReadSync,
    pub search: SearchUseCases,
    pub presence: PresenceUseCases,
    pub list_room_audit: ListRoomAudit,
    pub files: FileUseCases,
    pub ryos: RyosUseCases,
    pub envelope: EnvelopeUseCases,
}

impl UseCases {
    /// Builds all use cases.
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        let Ports {
            stored: SharedStore { store, accounts, sessions, rooms, members, changes, .. },
            events,
            clock,
            ids,
            quotas,
            ..
        } = ports;
        let audit = &ports.audit_trail();
        Self {
            accounts: AccountUseCases::new(ports),
            admin: AdminUseCases::new(ports),
            rooms: RoomUseCases::new(ports),
            members: MembershipUseCases::new(ports),
            invitations: InvitationUseCases::new(ports),
            messages: MessageUseCases::new(ports),
            search: SearchUseCases::new(ports),
            presence: PresenceUseCases::new(ports),
            files: FileUseCases::new(ports),
            open_direct: use_case!(OpenDirect {
                store,
                sessions,
                accounts,
                rooms,
                clock,
                ids,
                events,
                quotas,
                audit
            }),
            read_changes: use_case!(ReadChanges { changes; members: ports.recent_members.clone() }),
            read_sync: ReadSync { reader: ports.stored.sync.clone(), seal: ports.cursor_seal.clone() },
            list_room_audit: use_case!(ListRoomAudit { members; audit: ports.stored.audit.clone() }),
            ryos: RyosUseCases::new(ports),
            envelope: EnvelopeUseCases::new(ports),
        }
    }
}
