//! Passwords by Argon2id, tokens by JWT, the system's clock and random ids.

mod clock;
mod ids;
mod jwt;
mod password;

pub use clock::SystemClock;
pub use ids::RandomIds;
pub use jwt::JwtSigner;
pub use password::Argon2Hasher;
