//! Tokens as JWT, signed with HMAC-SHA-256. The algorithm is fixed: that in the header of a token is not trusted.

use std::fmt;
use std::time::Duration;

use domain::account::{Claims, TokenSigner};
use domain::{Error, SessionId, StoreError, Timestamp, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The issuer and the audience of every token.
const PARLOR: &str = "parlor";
/// The time before its issue from which a token is valid: a clock that is set back, or that of another replica, must not
/// refuse tokens that were just issued.
const EARLY: i64 = 86_400;
/// The tokens whose claims are cached: checking a signature and parsing the claims is a tenth of a small request.
const CACHED: u64 = 4_096;
/// The time for which those of an unused token are cached.
const IDLE: Duration = Duration::from_mins(1);

/// Signs tokens with one secret, and verifies those of that and of a former one.
pub struct JwtSigner {
    encoding_key: EncodingKey,
    decoding_keys: Vec<DecodingKey>,
    validation: Validation,
    /// The claims of tokens that were verified before.
    verified: Cache<Box<str>, Verified>,
}

/// The claims of a token whose signature is right, and the time from which it is valid.
#[derive(Clone, Copy)]
struct Verified {
    claims: Claims,
    not_before: Timestamp,
}

impl fmt::Debug for JwtSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtSigner(…)")
    }
}

/// The claims in a token; times are in seconds since 1970.
#[derive(Serialize, Deserialize)]
struct TokenClaims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl JwtSigner {
    /// Creates a signer with a secret, which should have at least 32 bytes, and perhaps a former one. `Err` where one is
    /// empty.
    pub fn new(secret: &[u8], previous: Option<&[u8]>) -> jsonwebtoken::errors::Result<Self> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[PARLOR]);
        validation.set_audience(&[PARLOR]);
        // `verify` compares the times with that of its caller, without leeway.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let secrets = std::iter::once(secret).chain(previous);
        Ok(Self {
            encoding_key: EncodingKey::from_secret(secret)?,
            decoding_keys: secrets.map(DecodingKey::from_secret).collect::<Result<_, _>>()?,
            validation,
            verified: Cache::builder().max_capacity(CACHED).time_to_idle(IDLE).build(),
        })
    }

    /// Checks everything but the times.
    fn decode(&self, token: &str) -> Option<Verified> {
        // The client gets the same answer for every invalid token, so the reason is dropped.
        let mut decoded = self.decoding_keys.iter().map(|key| decode(token, key, &self.validation));
        let token_claims: TokenClaims = decoded.find_map(Result::ok)?.claims;
        let claims = Claims {
            user: UserId(token_claims.sub),
            session: SessionId(token_claims.sid),
            issued_at: timestamp(token_claims.iat)?,
            expires_at: timestamp(token_claims.exp)?,
        };
        Some(Verified { claims, not_before: timestamp(token_claims.nbf)? })
    }
}

impl Verified {
    fn at(self, now: Timestamp) -> Option<Claims> {
        (self.not_before <= now && self.claims.expires_at > now).then_some(self.claims)
    }
}

impl TokenSigner for JwtSigner {
    fn sign(&self, claims: Claims) -> domain::Result<String> {
        let issued = seconds(claims.issued_at);
        let token_claims = TokenClaims {
            iss: PARLOR.to_owned(),
            aud: PARLOR.to_owned(),
            sub: claims.user.0,
            sid: claims.session.0,
            iat: issued,
            nbf: issued - EARLY,
            exp: seconds(claims.expires_at),
        };
        encode(&Header::new(Algorithm::HS256), &token_claims, &self.encoding_key).map_err(|error| {
            Error::Store(StoreError::Corrupt(format!("a token could not be signed: {error}")))
        })
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<Claims> {
        if let Some(cached) = self.verified.get(token) {
            return cached.at(now);
        }
        let verified = self.decode(token)?;
        let claims = verified.at(now)?;
        self.verified.insert(token.into(), verified);
        Some(claims)
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

    const SECRET: &[u8] = b"thirty-two bytes of no importance";

    fn at(seconds: i64) -> Timestamp {
        timestamp(seconds).unwrap()
    }

    fn claims() -> Claims {
        Claims::starting(
            at(1_000),
            time::Duration::HOUR,
            UserId(Uuid::from_u128(1)),
            SessionId(Uuid::from_u128(2)),
        )
    }

    fn signer() -> JwtSigner {
        JwtSigner::new(SECRET, None).unwrap()
    }

    fn token() -> String {
        signer().sign(claims()).unwrap()
    }

    /// Signs the claims of a token in which some are replaced, or removed by null.
    fn forged(algorithm: Algorithm, changes: &serde_json::Value) -> String {
        let (user, session) = (claims().user.0, claims().session.0);
        let mut all = serde_json::json!({"iss": "parlor", "aud": "parlor", "sub": user, "sid": session,
            "iat": 1_000, "nbf": 1_000, "exp": 9_000});
        let members = all.as_object_mut().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            members.insert(name.clone(), value.clone());
        }
        members.retain(|_, value| !value.is_null());
        encode(&Header::new(algorithm), &all, &EncodingKey::from_secret(SECRET).unwrap()).unwrap()
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
    fn a_token_that_was_verified_before_expires_and_a_part_of_it_is_none() {
        let (signer, token) = (signer(), token());
        for _ in 0..2 {
            assert_eq!(signer.verify(&token, at(1_000)), Some(claims()));
            assert_eq!(signer.verify(&token, at(4_600)), None);
            assert_eq!(signer.verify(&token, at(1_000 - EARLY - 1)), None);
            assert_eq!(signer.verify(&token[..token.len() - 1], at(1_000)), None);
        }
    }

    #[test]
    fn a_token_signed_with_another_secret_is_rejected() {
        assert_eq!(JwtSigner::new(b"another secret", None).unwrap().verify(&token(), at(1_000)), None);
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
        let unchanged = serde_json::json!({});
        assert!(signer().verify(&forged(Algorithm::HS256, &unchanged), at(1_000)).is_some());
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            assert_eq!(signer().verify(&forged(algorithm, &unchanged), at(1_000)), None);
        }
    }

    #[test]
    fn claims_that_are_missing_or_wrong_are_rejected() {
        for changes in [
            serde_json::json!({"iss": null}),
            serde_json::json!({"iss": "another server"}),
            serde_json::json!({"aud": null}),
            serde_json::json!({"aud": "another server"}),
            serde_json::json!({"nbf": null}),
            serde_json::json!({"nbf": 1_001}),
            serde_json::json!({"exp": null}),
            serde_json::json!({"exp": 1_000}),
            serde_json::json!({"sub": "alice"}),
            serde_json::json!({"sid": 1}),
        ] {
            assert_eq!(signer().verify(&forged(Algorithm::HS256, &changes), at(1_000)), None, "{changes}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_by_hours_does_not_refuse_tokens() {
        let issued_later =
            Claims::starting(at(100_000), time::Duration::HOUR, claims().user, claims().session);
        assert!(signer().verify(&signer().sign(issued_later).unwrap(), at(50_000)).is_some());
    }

    #[test]
    fn a_former_secret_verifies_and_does_not_sign() {
        let rotated = JwtSigner::new(b"another secret", Some(SECRET)).unwrap();
        assert_eq!(rotated.verify(&token(), at(1_000)), Some(claims()));
        let fresh = rotated.sign(claims()).unwrap();
        assert_eq!(rotated.verify(&fresh, at(1_000)), Some(claims()));
        assert_eq!(signer().verify(&fresh, at(1_000)), None);
    }

    #[test]
    fn an_empty_secret_is_rejected() {
        assert!(JwtSigner::new(b"", None).is_err());
    }

    #[test]
    fn the_debug_output_hides_the_secret() {
        assert_eq!(format!("{:?}", signer()), "JwtSigner(…)");
    }
}
