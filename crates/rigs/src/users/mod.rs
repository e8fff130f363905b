//! Many users who sign in, read, send, listen and leave, each at times that are fixed before the run: where the server is
//! slow, requests do not wait for it, and their latencies count from the time at which they were due.

mod connections;
mod crowd;
mod journeys;
mod report;
mod route;
mod script;
mod setting;
mod user;

pub use crowd::{Plan, run};
pub use report::Report;
pub use route::Route;
