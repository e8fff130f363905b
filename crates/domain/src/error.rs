//! What can go wrong: a rule says no, or the store can't answer. Nothing else crosses the border of this crate.

/// The result of every use case.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a use case gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no; asking again unchanged gives the same answer.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store could not do it; nothing was changed, or (a commit whose answer was lost) the outcome is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Every "no" that a rule can say. The words are for a person; the wire code is given by each surface, once, in
/// one exhaustive `match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// No token, or one that is malformed, expired or revoked.
    #[error("Sign in first: a valid access token is needed here")]
    Unauthenticated,
    /// The name is unknown or the password wrong; which of them is not said.
    #[error("The name or the password is wrong")]
    InvalidCredentials,
    /// The caller sees the room but is not in it.
    #[error("Only members of the room may do this; join it first")]
    NotAMember,
    /// The caller is a member, but not an admin.
    #[error("Only an admin of the room may do this")]
    AdminRequired,
    /// The caller may not do this to somebody else's thing.
    #[error("You may not do this")]
    NotAllowed,
    /// No such room, as far as the caller can see.
    #[error("There is no such room")]
    RoomNotFound,
    /// No such message in this room, or one that was deleted.
    #[error("There is no such message in this room")]
    MessageNotFound,
    /// No such user.
    #[error("There is no such user")]
    UserNotFound,
    /// No such file, as far as the caller can see.
    #[error("There is no such file")]
    FileNotFound,
    /// No such open invitation.
    #[error("There is no such invitation")]
    InvitationNotFound,
    /// No such member of this room.
    #[error("There is no such member of this room")]
    MemberNotFound,
    /// A room must keep an admin.
    #[error("The room's last admin must stay one: promote another member first, or delete the room")]
    LastAdmin,
    /// Somebody has the name, in whatever case.
    #[error("This username is taken; choose another")]
    UsernameTaken,
    /// Somebody has the address, in whatever case.
    #[error("This email address is taken; log in, or use another")]
    EmailTaken,
    /// A living room has the slug, and no other will do.
    #[error("There is a room of this name already; choose another")]
    SlugTaken,
    /// Members need no invitation.
    #[error("This user is a member of the room already")]
    AlreadyMember,
    /// A message shows the file.
    #[error("A message shows this file; delete the message first")]
    FileInUse,
    /// The file has more bytes than are taken here.
    #[error("The file is too large")]
    FileTooLarge,
    /// What is to be shown as an image is none, or one that can carry a script.
    #[error("This file is no raster image; send it as a file")]
    NotAnImage,
    /// The same client key with another content than was first sent.
    #[error("This clientId was used for another message; use a new one for every message")]
    IdempotencyConflict,
}

/// Why the store could not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Away, too slow, full or shutting down. Worth another try later.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A uniqueness rule that only the store can hold.
    #[error("already taken: {0:?}")]
    Conflict(Constraint),
    /// The store holds, or answered, what it never should: a bug or a damaged file.
    #[error("the store holds something unexpected: {0}")]
    Corrupt(String),
}

/// The uniqueness rules that a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// Usernames, without regard to case.
    Username,
    /// Email addresses, without regard to case.
    Email,
}
