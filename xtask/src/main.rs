//! parlor
fn main() {}
