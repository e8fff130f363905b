//! Password hashing by Argon2id, signed tokens by JWT, and sealed cursors.

mod jwt;
mod password;
mod seal;
mod turns;

pub use jwt::JwtSigner;
pub use password::Argon2Hasher;
pub use seal::AeadSeal;
