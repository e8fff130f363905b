//! The system clock and random ids: the only places that read the time and make ids.

mod clock;
mod ids;

pub use clock::{SteadyClock, SystemClock};
pub use ids::{RandomIds, RandomSecrets};
