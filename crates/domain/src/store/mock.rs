//! A mock of [`UnitOfWork`](crate::store::UnitOfWork) with the writes of all concepts.

use async_trait::async_trait;

use crate::account::{
    AccountWrites, NewUser, PasswordHash, Session, SessionWrites, Ticket, TicketGrant, TicketHash, UserRef,
};
use crate::admin::{AdminWrites, LinkHash};
use crate::audit::{AuditEntry, AuditWrites};
use crate::direct::DirectKey;
use crate::file::{File, FileRemoval, FileStoreState, FileWrites, Reservation};
use crate::idempotency::{IdempotencyWrites, KeptAnswer, NewAnswer};
use crate::invitation::{Invitation, InvitationWrites, NewInvitation};
use crate::membership::{Membership, MembershipWrites};
use crate::message::{Deletion, Edit, Mentions, Message, MessageWrites};
use crate::quota::QuotaWrites;
use crate::room::{Revision, Room, RoomWrites, Slug};
use crate::store::UnitOfWork;
use crate::{AnswerId, FileId, MessageId, RoomId, SessionId, StoreError, Timestamp, UserId};

type Stored<T> = std::result::Result<T, StoreError>;

mockall::mock! {
    /// A unit of work without a store.
    pub UnitOfWork {}

    #[async_trait]
    impl AccountWrites for UnitOfWork {
        async fn insert_user(&mut self, user: NewUser) -> Stored<()>;
        async fn set_password(&mut self, user: UserId, to: PasswordHash, from: Option<PasswordHash>) -> Stored<bool>;
        async fn set_server_admin(&mut self, user: UserId, admin: bool) -> Stored<bool>;
    }

    #[async_trait]
    impl SessionWrites for UnitOfWork {
        async fn insert_session(&mut self, session: Session, password: PasswordHash) -> Stored<bool>;
        async fn extend_session(&mut self, session: SessionId, expires_at: Timestamp) -> Stored<bool>;
        async fn end_session(&mut self, session: SessionId, at: Timestamp) -> Stored<()>;
        async fn end_sessions(&mut self, user: UserId, except: Option<SessionId>, at: Timestamp) -> Stored<()>;
        async fn insert_ticket(&mut self, ticket: Ticket) -> Stored<()>;
        async fn take_ticket(&mut self, hash: TicketHash, now: Timestamp) -> Stored<Option<TicketGrant>>;
        async fn delete_lapsed_tickets(&mut self, session: SessionId, now: Timestamp) -> Stored<()>;
    }

    #[async_trait]
    impl IdempotencyWrites for UnitOfWork {
        async fn kept_answer(&mut self, id: AnswerId, lapsed: Timestamp) -> Stored<Option<KeptAnswer>>;
        async fn keep_answer(&mut self, answer: NewAnswer, lapsed: Timestamp) -> Stored<bool>;
    }

    #[async_trait]
    impl RoomWrites for UnitOfWork {
        async fn free_slug(&mut self, candidates: Vec<Slug>) -> Stored<Slug>;
        async fn claim_slug(&mut self, slug: Slug) -> Stored<bool>;
        async fn insert_direct(&mut self, room: Room, key: DirectKey) -> Stored<bool>;
        async fn insert_room(&mut self, room: Room) -> Stored<()>;
        async fn lock_room(&mut self, room: RoomId) -> Stored<Option<Room>>;
        async fn save_room(&mut self, room: Room) -> Stored<()>;
        async fn delete_room(&mut self, room: RoomId, revision: Revision, at: Timestamp) -> Stored<()>;
    }

    #[async_trait]
    impl MembershipWrites for UnitOfWork {
        async fn membership(&mut self, room: RoomId, user: UserId) -> Stored<Option<Membership>>;
        async fn members_named(&mut self, room: RoomId, names: Vec<String>) -> Stored<Vec<UserRef>>;
        async fn admin_count(&mut self, room: RoomId) -> Stored<i64>;
        async fn save_membership(&mut self, membership: Membership) -> Stored<()>;
        async fn insert_memberships(&mut self, memberships: Vec<Membership>) -> Stored<()>;
        async fn longest_standing(
            &mut self,
            room: RoomId,
            except: UserId,
        ) -> Stored<Option<(UserRef, Membership)>>;
        async fn end_membership(
            &mut self,
            room: RoomId,
            user: UserId,
            revision: Revision,
            at: Timestamp,
        ) -> Stored<()>;
    }

    #[async_trait]
    impl InvitationWrites for UnitOfWork {
        async fn invitation(&mut self, room: RoomId, user: UserId) -> Stored<Option<Invitation>>;
        async fn insert_invitation(&mut self, invitation: NewInvitation) -> Stored<()>;
        async fn delete_invitation(&mut self, room: RoomId, user: UserId) -> Stored<bool>;
    }

    #[async_trait]
    impl MessageWrites for UnitOfWork {
        async fn message(&mut self, room: RoomId, message: MessageId) -> Stored<Option<Message>>;
        async fn edit_message(&mut self, edit: Edit) -> Stored<()>;
        async fn replace_mentions(&mut self, message: MessageId, mentions: Mentions) -> Stored<()>;
        async fn delete_message(&mut self, deletion: Deletion) -> Stored<()>;
    }

    #[async_trait]
    impl FileWrites for UnitOfWork {
        async fn insert_file(&mut self, file: File) -> Stored<()>;
        async fn delete_file(&mut self, file: FileId, by: UserId, at: Timestamp) -> Stored<FileRemoval>;
        async fn lock_usage(&mut self, user: UserId, now: Timestamp) -> Stored<u64>;
        async fn reserve(&mut self, reservation: Reservation) -> Stored<()>;
        async fn release(&mut self, file: FileId) -> Stored<u64>;
        async fn quarantine(&mut self, files: Vec<FileId>, at: Timestamp) -> Stored<()>;
        async fn forget_removed(&mut self, file: FileId) -> Stored<()>;
        async fn count_change(&mut self) -> Stored<Option<FileStoreState>>;
        async fn delay_sweeps(&mut self, until: Timestamp, changes: u64) -> Stored<()>;
    }

    #[async_trait]
    impl AuditWrites for UnitOfWork {
        async fn record(&mut self, entry: AuditEntry) -> Stored<()>;
    }

    #[async_trait]
    impl AdminWrites for UnitOfWork {
        async fn set_disabled(&mut self, user: UserId, at: Option<Timestamp>) -> Stored<bool>;
        async fn offer_admin_link(&mut self, hash: LinkHash, expires_at: Timestamp) -> Stored<()>;
        async fn take_admin_link(&mut self, hash: LinkHash, now: Timestamp) -> Stored<bool>;
        async fn withdraw_admin_link(&mut self) -> Stored<()>;
    }

    #[async_trait]
    impl QuotaWrites for UnitOfWork {
        async fn lock_owners(&mut self, users: Vec<UserId>) -> Stored<()>;
        async fn room_count(&mut self, creator: UserId, most: u32) -> Stored<u32>;
        async fn most_memberships(&mut self, users: Vec<UserId>, most: u32) -> Stored<u32>;
        async fn invitation_count(&mut self, room: RoomId, most: u32) -> Stored<u32>;
    }

    #[async_trait]
    impl UnitOfWork for UnitOfWork {
        async fn commit(self: Box<Self>) -> Stored<()>;
    }
}
