//! Errors of use cases: a refusal by a rule, or a failure of the store.

use crate::quota::QuotaKind;

/// The result of every use case.
pub type Result<T> = std::result::Result<T, Error>;

/// The error of a use case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule rejected the request; repeating it unchanged gives the same result.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed; nothing was changed, or (a commit whose reply was lost) the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The reasons for which rules reject a request. The texts are for people; each surface maps the variants to wire
/// codes in one exhaustive table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// No token, or one that is malformed, expired or revoked.
    #[error("Sign in first: a valid access token is needed here")]
    Unauthenticated,
    /// The name is unknown or the password wrong; the caller does not learn which.
    #[error("The name or the password is wrong")]
    InvalidCredentials,
    /// The password is wrong, and so were too many before it.
    #[error("The name or the password is wrong, as it was too often for this account; try again later")]
    TooManyFailures,
    /// Too many passwords of the client wait to be checked.
    #[error("Too many of your passwords wait to be checked; try again in a moment")]
    TooManyAtOnce,
    /// The caller sees the room but is not a member.
    #[error("Only members of the room may do this; join it first")]
    NotAMember,
    /// The caller is a member, but not an admin.
    #[error("Only an admin of the room may do this")]
    AdminRequired,
    /// The caller does not administer the server.
    #[error("Only an admin of the server may do this")]
    ServerAdminRequired,
    /// The caller may not change an item of another user.
    #[error("You may not do this")]
    NotAllowed,
    /// The user, or the room, owns as much as the quota of that kind lets them.
    #[error(transparent)]
    QuotaExceeded(#[from] QuotaKind),
    /// The link for the first server admin was used or replaced, or has lapsed.
    #[error("This link is not good any more; the next start of the server on a terminal prints a new one")]
    LinkSpent,
    /// There is no such room, as far as the caller can see.
    #[error("There is no such room")]
    RoomNotFound,
    /// There is no such message in this room, or it was deleted.
    #[error("There is no such message in this room")]
    MessageNotFound,
    /// There is no such message in the rooms of the caller.
    #[error("There is no such message in a room of which you are a member")]
    MessageNotReadable,
    /// The message that should begin a thread is in one.
    #[error("A message that is in a thread can't begin another one")]
    InThread,
    /// There is no such user.
    #[error("There is no such user")]
    UserNotFound,
    /// There is no such file, as far as the caller can see.
    #[error("There is no such file")]
    FileNotFound,
    /// There is no such open invitation.
    #[error("There is no such invitation")]
    InvitationNotFound,
    /// There is no such member of this room.
    #[error("There is no such member of this room")]
    MemberNotFound,
    /// The room would have no admin left.
    #[error("The room's last admin must stay one: promote another member first, or delete the room")]
    LastAdmin,
    /// Another account has the name, in any case.
    #[error("This username is taken; choose another")]
    UsernameTaken,
    /// Another account has the address, in any case.
    #[error("This email address is taken; log in, or use another")]
    EmailTaken,
    /// An existing room has the slug, and another slug is not acceptable.
    #[error("There is a room of this name already; choose another")]
    SlugTaken,
    /// The user is a member, who needs no invitation.
    #[error("This user is a member of the room already")]
    AlreadyMember,
    /// A message shows the file.
    #[error("A message shows this file; delete the message first")]
    FileInUse,
    /// The file exceeds the maximum size.
    #[error("The file is too large")]
    FileTooLarge,
    /// The file to show as an image is none, or one that can carry a script.
    #[error("This file is no raster image; send it as a file")]
    NotAnImage,
    /// The message has as many different reactions as it may have.
    #[error("The message has 20 different reactions, which is the most; use one of them")]
    TooManyReactions,
    /// The room has as many pins as it may have.
    #[error("The room has 50 pinned messages, which is the most; unpin one first")]
    TooManyPins,
    /// The client key was used for another content.
    #[error("This clientId was used for another message; use a new one for every message")]
    IdempotencyConflict,
}

/// The error of a store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The store is unreachable, too slow, full or shutting down. A later retry may succeed.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A uniqueness constraint, which only the store can check.
    #[error("already taken: {0:?}")]
    Conflict(Constraint),
    /// The store returned data that should not exist: a bug or a damaged file.
    #[error("the store holds something unexpected: {0}")]
    Corrupt(String),
}

/// The uniqueness constraints of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// Usernames, regardless of case.
    Username,
    /// Email addresses, regardless of case.
    Email,
}
