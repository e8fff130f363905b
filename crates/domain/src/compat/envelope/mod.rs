//! Rules of the dialect `envelope`: posting that joins, history in numbered pages, and rate limits of its own.

mod post_message;
mod read_page;
mod use_cases;

pub use post_message::{PostBody, PostMessage};
pub use read_page::ReadPage;
pub use use_cases::EnvelopeUseCases;

use crate::limit::LimitSet;

/// The limits that the clients of this dialect were promised.
pub const LIMITS: LimitSet = LimitSet("envelope");
