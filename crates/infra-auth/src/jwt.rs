//! Tokens as JWT, signed with HMAC-SHA-256. The algorithm is fixed: that in the header of a token is not trusted.

use std::fmt;

use domain::account::{Claims, TokenSigner};
use domain::{Error, SessionId, StoreError, Timestamp, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Signs and verifies tokens with one secret.
pub struct JwtSigner {
    encoding_key: EncodingKey,
    decoding_key: DecodingKey,
    validation: Validation,
}

impl fmt::Debug for JwtSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtSigner(…)")
    }
}

/// The claims in a token; times are in seconds since 1970.
#[derive(Serialize, Deserialize)]
struct TokenClaims {
    sub: Uuid,
    sid: Uuid,
    iat: i64,
    exp: i64,
}

impl JwtSigner {
    /// Creates a signer with a secret, which should have at least 32 bytes. `Err` where it is empty.
    pub fn new(secret: &[u8]) -> jsonwebtoken::errors::Result<Self> {
        let mut validation = Validation::new(Algorithm::HS256);
        // `verify` compares the expiry with the time of its caller, without leeway.
        validation.validate_exp = false;
        Ok(Self {
            encoding_key: EncodingKey::from_secret(secret)?,
            decoding_key: DecodingKey::from_secret(secret)?,
            validation,
        })
    }
}

impl TokenSigner for JwtSigner {
    fn sign(&self, claims: Claims) -> domain::Result<String> {
        let token_claims = TokenClaims {
            sub: claims.user.0,
            sid: claims.session.0,
            iat: seconds(claims.issued_at),
            exp: seconds(claims.expires_at),
        };
        encode(&Header::new(Algorithm::HS256), &token_claims, &self.encoding_key).map_err(|error| {
            Error::Store(StoreError::Corrupt(format!("a token could not be signed: {error}")))
        })
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<Claims> {
        // The client gets the same answer for every invalid token, so the reason is dropped.
        let token_claims: TokenClaims = decode(token, &self.decoding_key, &self.validation).ok()?.claims;
        let claims = Claims {
            user: UserId(token_claims.sub),
            session: SessionId(token_claims.sid),
            issued_at: timestamp(token_claims.iat)?,
            expires_at: timestamp(token_claims.exp)?,
        };
        (claims.expires_at > now).then_some(claims)
    }
}

fn seconds(moment: Timestamp) -> i64 {
    moment.unix_micros().div_euclid(1_000_000)
}

fn timestamp(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_unix_micros(seconds.checked_mul(1_000_000)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    const SECRET: &[u8] = b"thirty-two bytes of no importance";

    fn at(seconds: i64) -> Timestamp {
        timestamp(seconds).unwrap()
    }

    fn claims() -> Claims {
        Claims::starting(at(1_000), Duration::HOUR, UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)))
    }

    fn signer() -> JwtSigner {
        JwtSigner::new(SECRET).unwrap()
    }

    fn token() -> String {
        signer().sign(claims()).unwrap()
    }

    #[test]
    fn a_signed_token_verifies_to_its_claims() {
        assert_eq!(signer().verify(&token(), at(1_000)), Some(claims()));
    }

    #[test]
    fn a_token_expires_to_the_second() {
        let signer = signer();
        assert!(signer.verify(&token(), at(4_599)).is_some());
        assert_eq!(signer.verify(&token(), at(4_600)), None);
    }

    #[test]
    fn a_token_signed_with_another_secret_is_rejected() {
        assert_eq!(JwtSigner::new(b"another secret").unwrap().verify(&token(), at(1_000)), None);
    }

    #[test]
    fn a_changed_or_malformed_token_is_rejected() {
        let signer = signer();
        let token = token();
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = rest.split_once('.').unwrap();
        for bad in ["", "a.b.c", rest, &format!("{header}.e30.{signature}"), &format!("{token}x")] {
            assert_eq!(signer.verify(bad, at(1_000)), None, "{bad}");
        }
    }

    #[test]
    fn another_algorithm_is_rejected_even_with_the_right_secret() {
        let token_claims = TokenClaims { sub: Uuid::nil(), sid: Uuid::nil(), iat: 1_000, exp: 9_000 };
        let token =
            encode(&Header::new(Algorithm::HS512), &token_claims, &EncodingKey::from_secret(SECRET).unwrap())
                .unwrap();
        assert_eq!(signer().verify(&token, at(1_000)), None);
    }

    #[test]
    fn claims_of_the_wrong_type_are_rejected() {
        let token_claims = serde_json::json!({"sub": "alice", "sid": 1, "iat": 1_000, "exp": 9_000});
        let token =
            encode(&Header::new(Algorithm::HS256), &token_claims, &EncodingKey::from_secret(SECRET).unwrap())
                .unwrap();
        assert_eq!(signer().verify(&token, at(1_000)), None);
    }

    #[test]
    fn an_empty_secret_is_rejected() {
        assert!(JwtSigner::new(b"").is_err());
    }

    #[test]
    fn the_debug_output_hides_the_secret() {
        assert_eq!(format!("{:?}", signer()), "JwtSigner(…)");
    }
}
