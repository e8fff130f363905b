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
use crate::presence::PresenceUseCases;
use crate::room::RoomUseCases;
use crate::search::SearchUseCases;
use crate::sync::ReadSync;
use crate::wiring::use_cases;

use_cases! {
    /// All use cases: a group for each concept that has several, and for each dialect.
    UseCases(ports) {
        accounts: AccountUseCases = AccountUseCases::new(ports),
        admin: AdminUseCases = AdminUseCases::new(ports),
        rooms: RoomUseCases = RoomUseCases::new(ports),
        open_direct: OpenDirect {
            store, sessions, accounts, rooms; clock, ids, events, quotas; audit: ports.audit_trail()
        },
        members: MembershipUseCases = MembershipUseCases::new(ports),
        invitations: InvitationUseCases = InvitationUseCases::new(ports),
        messages: MessageUseCases = MessageUseCases::new(ports),
        read_changes: ReadChanges { changes; ; members: ports.recent_members.clone() },
        read_sync: ReadSync { ; ; reader: ports.stored.sync.clone(), seal: ports.cursor_seal.clone() },
        search: SearchUseCases = SearchUseCases::new(ports),
        presence: PresenceUseCases = PresenceUseCases::new(ports),
        list_room_audit: ListRoomAudit { members, audit; },
        files: FileUseCases = FileUseCases::new(ports),
        ryos: RyosUseCases = RyosUseCases::new(ports),
        envelope: EnvelopeUseCases = EnvelopeUseCases::new(ports),
    }
}
