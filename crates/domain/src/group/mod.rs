//! Groups: private rooms made of named people at once, which live as long as two of them stay.

mod make;
mod model;
mod quit;

pub use make::MakeGroup;
pub use model::{GroupMembers, Leaving, leaving};
pub use quit::QuitRoom;
