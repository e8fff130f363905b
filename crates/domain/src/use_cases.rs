//! All use cases, built from the ports.

use std::collections::BTreeSet;

use crate::account::{
    Authenticate, ChangePassword, Failures, FindPeople, IssueTicket, LogIn, LogOut, RefreshToken,
    ShowAccount, ShowPerson, SignUp, Username,
};
use crate::admin::{ExamineServer, FirstAdmin, ListAccounts, ListFileUsage, ListSessions, Operator};
use crate::audit::ListRoomAudit;
use crate::compat::envelope::EnvelopeUseCases;
use crate::compat::ryos::RyosUseCases;
use crate::direct::OpenDirect;
use crate::event::ReadChanges;
use crate::file::{CollectGarbage, DeleteFile, DownloadFile, FileStore, ListFiles, ShareFile, UploadFile};
use crate::invitation::{Invite, ListMyInvitations, ListRoomInvitations, WithdrawInvitation};
use crate::membership::{ChangeRole, CheckMember, EnterRoom, JoinRoom, LeaveRoom, ListMembers, RemoveMember};
use crate::message::{
    AnnotateMessage, DeleteMessage, EditMessage, ListPins, ListReactions, ListReaders, MarkRead, MarkUnread,
    PublishedMarks, ReadHistory, ReadMentions, ReadVersions, SendMessage, ShowMessage,
};
use crate::ports::Ports;
use crate::presence::{ListPresence, PublishTyping};
use crate::room::{CreateRoom, DeleteRoom, ListRooms, ShowRoom, UpdateRoom};
use crate::search::{IndexMessages, SearchMessages};
use crate::sync::ReadSync;
use crate::wiring::use_case;

/// All use cases, one field each; those of a dialect in one group.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct UseCases {
    pub authenticate: Authenticate,
    pub sign_up: SignUp,
    pub log_in: LogIn,
    pub refresh_token: RefreshToken,
    pub issue_ticket: IssueTicket,
    pub log_out: LogOut,
    pub show_account: ShowAccount,
    pub show_person: ShowPerson,
    pub find_people: FindPeople,
    pub change_password: ChangePassword,
    pub operator: Operator,
    pub first_admin: FirstAdmin,
    pub list_accounts: ListAccounts,
    pub list_sessions: ListSessions,
    pub list_file_usage: ListFileUsage,
    pub examine_server: ExamineServer,
    pub list_rooms: ListRooms,
    pub create_room: CreateRoom,
    pub open_direct: OpenDirect,
    pub show_room: ShowRoom,
    pub update_room: UpdateRoom,
    pub delete_room: DeleteRoom,
    pub join_room: JoinRoom,
    pub enter_room: EnterRoom,
    pub leave_room: LeaveRoom,
    pub list_members: ListMembers,
    pub change_role: ChangeRole,
    pub remove_member: RemoveMember,
    pub invite: Invite,
    pub list_room_invitations: ListRoomInvitations,
    pub list_my_invitations: ListMyInvitations,
    pub withdraw_invitation: WithdrawInvitation,
    pub send_message: SendMessage,
    pub read_history: ReadHistory,
    pub show_message: ShowMessage,
    pub annotate_message: AnnotateMessage,
    pub edit_message: EditMessage,
    pub read_versions: ReadVersions,
    pub list_reactions: ListReactions,
    pub list_pins: ListPins,
    pub read_mentions: ReadMentions,
    pub delete_message: DeleteMessage,
    pub mark_read: MarkRead,
    pub mark_unread: MarkUnread,
    pub list_readers: ListReaders,
    pub read_changes: ReadChanges,
    pub read_sync: ReadSync,
    pub search_messages: SearchMessages,
    pub index_messages: IndexMessages,
    pub list_presence: ListPresence,
    pub publish_typing: PublishTyping,
    pub list_room_audit: ListRoomAudit,
    pub upload_file: UploadFile,
    pub share_file: ShareFile,
    pub download_file: DownloadFile,
    pub list_files: ListFiles,
    pub delete_file: DeleteFile,
    pub collect_garbage: CollectGarbage,
    pub file_store: FileStore,
    pub ryos: RyosUseCases,
    pub envelope: EnvelopeUseCases,
}

impl UseCases {
    /// Builds all use cases.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one line per use case, without logic between them")]
    pub fn new(ports: &Ports) -> Self {
        let Ports {
            store,
            accounts,
            sessions,
            admin,
            examiner,
            rooms,
            members,
            invitations,
            log,
            messages,
            marks,
            changes,
            files,
            blobs,
            file_marks,
            sniffer,
            events,
            presence,
            hasher,
            tokens,
            clock,
            secrets,
            ids,
            quotas,
            ..
        } = ports;
        let token_ttl = ports.token_ttl;
        let audit = &ports.audit_trail();
        let marks = &use_case!(PublishedMarks { marks, events });
        let server_admins: BTreeSet<String> = ports.server_admins.iter().map(Username::key).collect();
        let failures = || Failures { limits: ports.limits.clone() };
        let recent = || ports.recent_members.clone();
        let sign_up = || SignUp {
            store: store.clone(),
            hasher: hasher.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            reserved: server_admins.clone(),
            audit: audit.clone(),
        };
        let upload_file = || UploadFile {
            store: store.clone(),
            blobs: blobs.clone(),
            marks: file_marks.clone(),
            sniffer: sniffer.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            largest: ports.largest_file,
            quota: ports.file_quota,
        };
        let file_store =
            FileStore::new(files.clone(), store.clone(), blobs.clone(), file_marks.clone(), clock.clone());
        let delete_file =
            DeleteFile { store: store.clone(), marks: file_marks.clone(), clock: clock.clone() };
        Self {
            sign_up: sign_up(),
            authenticate: Authenticate {
                store: store.clone(),
                sessions: sessions.clone(),
                recent_sessions: ports.recent_sessions.clone(),
                tokens: tokens.clone(),
                clock: clock.clone(),
                server_admins: server_admins.clone(),
            },
            log_in: LogIn {
                store: store.clone(),
                accounts: accounts.clone(),
                hasher: hasher.clone(),
                tokens: tokens.clone(),
                clock: clock.clone(),
                ids: ids.clone(),
                failures: failures(),
                token_ttl,
                audit: audit.clone(),
            },
            refresh_token: RefreshToken {
                store: store.clone(),
                tokens: tokens.clone(),
                clock: clock.clone(),
                token_ttl,
            },
            issue_ticket: use_case!(IssueTicket { store, secrets, clock }),
            log_out: use_case!(LogOut { store, clock, events, audit }),
            show_account: use_case!(ShowAccount { accounts }),
            show_person: ShowPerson { accounts: accounts.clone(), directory: ports.directory },
            find_people: FindPeople { accounts: accounts.clone(), directory: ports.directory },
            change_password: ChangePassword {
                store: store.clone(),
                accounts: accounts.clone(),
                hasher: hasher.clone(),
                clock: clock.clone(),
                events: events.clone(),
                failures: failures(),
                audit: audit.clone(),
            },
            operator: use_case!(Operator { store, accounts, sessions, hasher, clock, events, audit }),
            first_admin: FirstAdmin {
                store: store.clone(),
                admin: admin.clone(),
                secrets: secrets.clone(),
                clock: clock.clone(),
                sign_up: sign_up(),
                audit: audit.clone(),
                configured: !server_admins.is_empty(),
            },
            list_sessions: use_case!(ListSessions { admin, accounts, clock }),
            list_file_usage: use_case!(ListFileUsage { admin }),
            examine_server: use_case!(ExamineServer { examiner }),
            list_accounts: ListAccounts { admin: admin.clone(), server_admins },
            list_rooms: use_case!(ListRooms { rooms }),
            create_room: use_case!(CreateRoom { store, clock, ids, events, quotas, audit }),
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
            show_room: use_case!(ShowRoom { rooms }),
            update_room: use_case!(UpdateRoom { store, rooms, clock, events, audit }),
            delete_room: use_case!(DeleteRoom { store, clock, events, audit }),
            join_room: use_case!(JoinRoom { store, rooms, clock, events, quotas, audit }),
            enter_room: EnterRoom {
                sessions: sessions.clone(),
                clock: clock.clone(),
                show: use_case!(ShowRoom { rooms }),
                join: use_case!(JoinRoom { store, rooms, clock, events, quotas, audit }),
            },
            leave_room: use_case!(LeaveRoom { store, clock, events, audit }),
            list_members: use_case!(ListMembers { members }),
            change_role: use_case!(ChangeRole { store, accounts, clock, events, audit }),
            remove_member: use_case!(RemoveMember { store, accounts, clock, events, audit }),
            invite: use_case!(Invite { store, accounts, clock, events, quotas, audit }),
            list_room_invitations: use_case!(ListRoomInvitations { members, invitations }),
            list_my_invitations: use_case!(ListMyInvitations { invitations }),
            withdraw_invitation: use_case!(WithdrawInvitation { store, clock, events, audit }),
            send_message: use_case!(SendMessage { log, clock, ids, events }),
            read_history: ReadHistory { members: recent(), messages: messages.clone(), marks: marks.clone() },
            show_message: ShowMessage { members: recent(), messages: messages.clone() },
            annotate_message: use_case!(AnnotateMessage { log, clock, events }),
            edit_message: use_case!(EditMessage { store, clock, events }),
            read_versions: use_case!(ReadVersions { members, messages }),
            list_reactions: ListReactions { members: recent(), messages: messages.clone() },
            list_pins: ListPins { members: recent(), messages: messages.clone() },
            read_mentions: use_case!(ReadMentions { messages }),
            delete_message: use_case!(DeleteMessage { store, clock, events, audit }),
            mark_read: use_case!(MarkRead { sessions, clock, members, marks }),
            mark_unread: use_case!(MarkUnread { sessions, clock, members, marks }),
            list_readers: ListReaders { members: recent(), messages: messages.clone() },
            read_changes: ReadChanges { members: recent(), changes: changes.clone() },
            search_messages: SearchMessages {
                members: recent(),
                messages: messages.clone(),
                search: ports.search.clone(),
            },
            index_messages: IndexMessages { indexer: ports.indexer.clone() },
            read_sync: ReadSync { reader: ports.sync.clone(), seal: ports.cursor_seal.clone() },
            publish_typing: PublishTyping {
                sessions: ports.recent_sessions.clone(),
                clock: clock.clone(),
                check: CheckMember { members: recent() },
                events: events.clone(),
            },
            upload_file: upload_file(),
            share_file: ShareFile {
                check: CheckMember { members: recent() },
                upload: upload_file(),
                send: use_case!(SendMessage { log, clock, ids, events }),
                delete: delete_file.clone(),
            },
            download_file: use_case!(DownloadFile { files, blobs }),
            list_files: use_case!(ListFiles { files }),
            collect_garbage: CollectGarbage {
                files: files.clone(),
                store: store.clone(),
                blobs: blobs.clone(),
                clock: clock.clone(),
                file_store: file_store.clone(),
                delete: delete_file.clone(),
                unused_ttl: ports.unused_file_ttl,
                quarantine: ports.file_quarantine,
            },
            file_store,
            delete_file,
            list_room_audit: ListRoomAudit { members: members.clone(), audit: ports.audit.clone() },
            list_presence: use_case!(ListPresence { members, presence }),
            ryos: RyosUseCases::new(ports),
            envelope: EnvelopeUseCases::new(ports),
        }
    }
}
