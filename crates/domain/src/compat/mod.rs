//! Rules of one dialect each: kept apart, so that the other concepts stay as the wire contract has them.

pub mod envelope;
pub mod ryos;
