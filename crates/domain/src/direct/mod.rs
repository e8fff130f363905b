//! Direct rooms: one for each set of people, who all stay in it.

mod model;
mod open;

pub use model::{DirectKey, NamedPeople, OtherPeople};
pub use open::{OpenDirect, Opened};
