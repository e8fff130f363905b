//! Tokens as JWT, signed with HMAC-SHA-256. The algorithm is pinned: what a token's header wishes for counts for
//! nothing.

use std::fmt;

use domain::account::{Claims, TokenSigner};
use domain::{Error, SessionId, StoreError, Timestamp, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Signs and reads tokens with one secret.
pub struct JwtSigner {
    signing: EncodingKey,
    reading: DecodingKey,
    rules: Validation,
}

impl fmt::Debug for JwtSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtSigner(…)")
    }
}

/// The claims as they stand in a token; times in seconds since 1970.
#[derive(Serialize, Deserialize)]
struct Wire {
    sub: Uuid,
    sid: Uuid,
    iat: i64,
    exp: i64,
}

impl JwtSigner {
    /// A signer with that secret, which should have at least 32 bytes.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        // Expiry is compared with the clock of the caller, without leeway.
        rules.validate_exp = false;
        Self { signing: EncodingKey::from_secret(secret), reading: DecodingKey::from_secret(secret), rules }
    }
}

impl TokenSigner for JwtSigner {
    fn sign(&self, claims: Claims) -> domain::Result<String> {
        let wire = Wire {
            sub: claims.user.0,
            sid: claims.session.0,
            iat: seconds(claims.issued_at),
            exp: seconds(claims.expires_at),
        };
        encode(&Header::new(Algorithm::HS256), &wire, &self.signing).map_err(|error| {
            Error::Store(StoreError::Corrupt(format!("a token could not be signed: {error}")))
        })
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<Claims> {
        // Whatever is wrong with a token, its bearer is told the same; so the reason goes no further.
        let wire: Wire = decode(token, &self.reading, &self.rules).ok()?.claims;
        let claims = Claims {
            user: UserId(wire.sub),
            session: SessionId(wire.sid),
            issued_at: moment(wire.iat)?,
            expires_at: moment(wire.exp)?,
        };
        (claims.expires_at > now).then_some(claims)
    }
}

fn seconds(moment: Timestamp) -> i64 {
    moment.unix_micros().div_euclid(1_000_000)
}

fn moment(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_unix_micros(seconds.checked_mul(1_000_000)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    const SECRET: &[u8] = b"thirty-two bytes of no importance";

    fn at(seconds: i64) -> Timestamp {
        moment(seconds).unwrap()
    }

    fn claims() -> Claims {
        Claims::starting(at(1_000), Duration::HOUR, UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)))
    }

    fn token() -> String {
        JwtSigner::new(SECRET).sign(claims()).unwrap()
    }

    #[test]
    fn reads_back_what_it_signed() {
        assert_eq!(JwtSigner::new(SECRET).verify(&token(), at(1_000)), Some(claims()));
    }

    #[test]
    fn a_token_expires_to_the_second() {
        let signer = JwtSigner::new(SECRET);
        assert!(signer.verify(&token(), at(4_599)).is_some());
        assert_eq!(signer.verify(&token(), at(4_600)), None);
    }

    #[test]
    fn another_secret_signs_for_nobody_here() {
        assert_eq!(JwtSigner::new(b"another secret").verify(&token(), at(1_000)), None);
    }

    #[test]
    fn a_changed_or_mangled_token_is_none() {
        let signer = JwtSigner::new(SECRET);
        let token = token();
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = rest.split_once('.').unwrap();
        for bad in ["", "a.b.c", rest, &format!("{header}.e30.{signature}"), &format!("{token}x")] {
            assert_eq!(signer.verify(bad, at(1_000)), None, "{bad}");
        }
    }

    #[test]
    fn another_algorithm_is_refused_even_with_the_right_secret() {
        let wire = Wire { sub: Uuid::nil(), sid: Uuid::nil(), iat: 1_000, exp: 9_000 };
        let token = encode(&Header::new(Algorithm::HS512), &wire, &EncodingKey::from_secret(SECRET)).unwrap();
        assert_eq!(JwtSigner::new(SECRET).verify(&token, at(1_000)), None);
    }

    #[test]
    fn claims_of_the_wrong_type_are_none() {
        let wire = serde_json::json!({"sub": "somebody", "sid": 1, "iat": 1_000, "exp": 9_000});
        let token = encode(&Header::new(Algorithm::HS256), &wire, &EncodingKey::from_secret(SECRET)).unwrap();
        assert_eq!(JwtSigner::new(SECRET).verify(&token, at(1_000)), None);
    }

    #[test]
    fn the_secret_does_not_show() {
        assert_eq!(format!("{:?}", JwtSigner::new(SECRET)), "JwtSigner(…)");
    }
}
