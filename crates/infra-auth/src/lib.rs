//! Password hashing by Argon2id, signed tokens by JWT, and sealed cursors.

mod fair_queue;
mod jwt;
mod password;
mod seal;

pub use jwt::JwtSigner;
pub use password::Argon2Hasher;
pub use seal::AeadSeal;
