//! Routes: the declaration of endpoints, and what requests pass before their handlers.

mod access;
mod endpoint;
pub(crate) mod rate_limit;
mod router;
mod surface;

pub use access::Access;
pub(crate) use access::{CurrentUser, Expiry, SealedCursors, refuse};
pub use endpoint::Endpoint;
pub(crate) use endpoint::{Tag, delete, get, patch, post, put};
pub(crate) use router::Routes;
pub(crate) use surface::Surface;
