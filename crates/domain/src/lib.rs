//! The rules of Parlor: values, use cases and the ports they need. Knows no framework, database or wire format.
//!
//! # Structure
//!
//! Each concept (accounts, rooms, memberships, messages, files, …) has a folder:
//!
//! - `model.rs`: values and pure rules. A value that exists is valid: text comes in through `parse`.
//! - `ports.rs`: the traits that adapters implement. `…Reader` reads; `…Writes` is the part of a
//!   [`store::UnitOfWork`] that belongs to the concept. Their doc comments state the obligations of an adapter with MUST.
//! - One file per use case, such as `message/send.rs`: a struct with the ports it needs, a command with parsed values,
//!   one `execute`, and its tests.
//!
//! The concept's `mod.rs` builds its use cases. [`UseCases`] holds all of them, built once from [`Ports`] by the binary;
//! surfaces call them, adapters implement the ports. Rules of a single dialect are under [`compat`].
//!
//! # Conventions
//!
//! - A use case returns [`Result`]: [`Error::Refused`] where a rule rejects the request, [`Error::Store`] where the store
//!   failed. Ports return `None` for absence and `Err` for failure, so that an outage never looks like "not found".
//! - A room, file or membership that the caller may not know of is "not found" ([`membership::Standing`]).
//! - A change reads and writes in one unit of work under the room's lock, commits, and then publishes its
//!   [`event::Event`]. Appending a message goes through [`message::MessageLog`], where many share a commit.
//!
//! # How to add a rule
//!
//! Write a pure function on loaded state in the concept's `model.rs`, such as [`membership::require_another_admin`], and
//! test it there without mocks. A new [`Refusal`] variant makes the compiler point to the one place that maps it to a
//! status and a code.
//!
//! # How to add a port
//!
//! Write the trait in `ports.rs` with `#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]` *above*
//! `#[async_trait]`, with owned or `Copy` arguments. State each obligation with MUST, and add a law to the crate
//! `contract`: a test of the obligation that runs against every adapter.
//!
//! # How to add a use case
//!
//! Copy the nearest file. Test it with mocks that check the arguments and the number of calls (`.withf`, `.times`), and
//! add it to the concept's use cases, such as [`message::MessageUseCases`].

pub mod account;
pub mod admin;
pub mod audit;
pub mod compat;
pub mod direct;
pub mod event;
pub mod file;
pub mod idempotency;
pub mod invitation;
pub mod limit;
pub mod membership;
pub mod message;
pub mod metadata;
pub mod presence;
pub mod quota;
pub mod room;
pub mod search;
pub mod store;
pub mod sync;

mod clock;
mod error;
mod fold;
mod ids;
mod pagination;
mod ports;
#[cfg(test)]
mod testing;
mod text;
mod use_cases;
mod wiring;

pub use clock::{Clock, Timestamp};
pub use error::{Constraint, Error, Refusal, Result, StoreError};
pub use fold::fold;
pub use ids::{AnswerId, AuditEventId, DatabaseId, FileId, IdSource, MessageId, RoomId, SessionId, UserId};
pub use pagination::{Page, PageRequest, SortOrder};
pub use ports::Ports;
pub use text::Invalid;
pub use use_cases::UseCases;

#[cfg(any(test, feature = "mocks"))]
pub use {clock::MockClock, ids::MockIdSource};
