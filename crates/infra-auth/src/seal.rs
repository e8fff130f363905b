//! Cursors sealed with AES-256-GCM-SIV, under a key made of the secret that signs tokens.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::sync::CursorSeal;
use domain::{StoreError, UserId};

/// Separates this key from the one that signs tokens.
const PURPOSE: &[u8] = b"parlor: cursors";
/// This cipher stays safe when a nonce repeats: equal cursors of a user look alike, and nothing else shows.
const NONCE: [u8; NONCE_LEN] = [0; NONCE_LEN];

/// Seals with one secret, and opens what was sealed with that and with a former one.
pub struct AeadSeal {
    key: LessSafeKey,
    previous: Option<LessSafeKey>,
}

impl fmt::Debug for AeadSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AeadSeal(…)")
    }
}

impl AeadSeal {
    /// Derives the keys from a secret and perhaps a former one.
    pub fn new(secret: &[u8], previous: Option<&[u8]>) -> Result<Self, Unspecified> {
        Ok(Self { key: key(secret)?, previous: previous.map(key).transpose()? })
    }
}

fn key(secret: &[u8]) -> Result<LessSafeKey, Unspecified> {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), PURPOSE);
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, derived.as_ref())?))
}

fn of(user: UserId) -> Aad<[u8; 16]> {
    Aad::from(user.0.into_bytes())
}

impl CursorSeal for AeadSeal {
    fn seal(&self, user: UserId, bytes: &[u8]) -> domain::Result<String> {
        let mut sealed = bytes.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(NONCE), of(user), &mut sealed)
            .map_err(|_| StoreError::Corrupt("a cursor could not be sealed".into()))?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    fn open(&self, user: UserId, text: &str) -> Option<Vec<u8>> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        std::iter::once(&self.key).chain(&self.previous).find_map(|key| {
            let mut bytes = sealed.clone();
            let opened = key.open_in_place(Nonce::assume_unique_for_key(NONCE), of(user), &mut bytes);
            opened.ok().map(|opened| opened.to_vec())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::sync::LONGEST_CURSOR;
    use uuid::Uuid;

    const SECRET: &[u8] = b"thirty-two bytes of no importance";
    const ALICE: UserId = UserId(Uuid::from_u128(1));
    const BOB: UserId = UserId(Uuid::from_u128(2));

    fn seal() -> AeadSeal {
        AeadSeal::new(SECRET, None).unwrap()
    }

    #[test]
    fn a_cursor_opens_for_its_user_alone() {
        let text = seal().seal(ALICE, b"a place").unwrap();
        assert_eq!(seal().open(ALICE, &text).as_deref(), Some(&b"a place"[..]));
        assert_eq!(seal().open(BOB, &text), None);
        assert_eq!(AeadSeal::new(b"another secret", None).unwrap().open(ALICE, &text), None);
    }

    #[test]
    fn a_changed_cursor_does_not_open() {
        let text = seal().seal(ALICE, b"a place").unwrap();
        let flip = |at: usize| {
            let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
            bytes[at] ^= 1;
            URL_SAFE_NO_PAD.encode(bytes)
        };
        for bad in [flip(0), flip(10), String::new(), "AAAA".to_owned(), format!("{text}="), "ü".to_owned()]
        {
            assert_eq!(seal().open(ALICE, &bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cursor_under_the_former_secret_opens() {
        let text = seal().seal(ALICE, b"a place").unwrap();
        let rotated = AeadSeal::new(b"another secret", Some(SECRET)).unwrap();
        assert_eq!(rotated.open(ALICE, &text).as_deref(), Some(&b"a place"[..]));
        assert_ne!(rotated.seal(ALICE, b"a place").unwrap(), text);
    }

    #[test]
    fn the_longest_cursor_is_sealed_as_text_of_the_longest_length() {
        let text = seal().seal(ALICE, &[7; LONGEST_CURSOR / 4 * 3 - 16]).unwrap();
        assert_eq!(text.len(), LONGEST_CURSOR);
    }
}
