//! Embeds the files again when one of them is new or gone, which the compiler does not see.

fn main() {
    println!("cargo:rerun-if-changed=assets");
    println!("cargo:rerun-if-changed=sdk/src");
}
