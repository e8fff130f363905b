//! Password hashing by Argon2id, and signed tokens by JWT.

mod jwt;
mod password;
mod turns;

pub use jwt::JwtSigner;
pub use password::Argon2Hasher;
