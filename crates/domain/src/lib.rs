//! Parlor's rules: what a room, a member, a message is, who may do what, and in which order things happen.
//!
//! Nothing here knows a framework, a database or a wire format. What the rules need from outside they ask of
//! a *port*: a trait such as [`message::MessageLog`], whose doc comment says what every adapter MUST do.
//! Adapters live in the `infra-*` crates and are put together by the binary.
//!
//! # Where things live
//!
//! One folder per concept. In it `model.rs` holds values and pure rules, `ports.rs` what is read from outside,
//! and every use case has a file of its own: a command, `execute`, and its tests. Writes go through one
//! [`store::UnitOfWork`], which unites the `…Writes` ports of all concepts, because a change often touches several concepts and must be all or nothing.
//!
//! # How to add a rule
//!
//! Write a pure function on loaded state in the concept's `model.rs` (see [`membership::require_another_admin`], the
//! last-admin rule) and test it there without mocks. If a new [`Refusal`] is needed, add the variant; the compiler then leads to
//! the one place that gives it a status and a code.
//!
//! # How to add a port
//!
//! Write the trait in `ports.rs` with `#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]` *above*
//! `#[async_trait]`; owned or `Copy` arguments; absence is `Option`, failure is [`StoreError`]. Say in "MUST"
//! sentences what an adapter owes, and write a law in `contract` for each of them. The adapters follow.
//!
//! # How to add a use case
//!
//! Copy the nearest file: a `struct` with the ports it needs and nothing more, a command with parsed values (never raw
//! strings), one `execute`. Test it with mocks that check what crossed the port (`.withf`, `.times`). Then
//! add it to [`UseCases`], and a surface can call it.

pub mod account;
pub mod audit;
pub mod compat;
pub mod event;
pub mod file;
pub mod invitation;
pub mod limit;
pub mod membership;
pub mod message;
pub mod presence;
pub mod room;
pub mod store;

mod clock;
mod error;
mod ids;
mod pagination;
#[cfg(test)]
mod testing;
mod text;
mod use_cases;

pub use clock::{Clock, Timestamp};
pub use error::{Constraint, Error, Refusal, Result, StoreError};
pub use ids::{FileId, IdSource, MessageId, RoomId, SessionId, UserId};
pub use pagination::{Page, PageRequest, SortOrder};
pub use text::Invalid;
pub use use_cases::{Ports, UseCases};

#[cfg(any(test, feature = "mocks"))]
pub use {clock::MockClock, ids::MockIdSource};
