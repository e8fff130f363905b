//! Rebuilds the embedded migrations when only their SQL has changed.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/postgres");
}
