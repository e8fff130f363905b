//! The check of a token, which every request with one pays for.
#![expect(clippy::unwrap_used, reason = "a failed setup ends the measurement")]

use std::hint::black_box;

use criterion::Criterion;
use domain::account::{Claims, TokenSigner};
use domain::{SessionId, Timestamp, UserId};
use infra_auth::JwtSigner;
use uuid::Uuid;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let signer = JwtSigner::new(b"thirty-two bytes of no importance", None).unwrap();
    let now = Timestamp::from_unix_micros(1_800_000_000_000_000).unwrap();
    let claims = Claims {
        user: UserId(Uuid::from_u128(1)),
        session: SessionId(Uuid::from_u128(2)),
        issued_at: now,
        expires_at: Timestamp::from_unix_micros(1_800_000_060_000_000).unwrap(),
    };
    let token = signer.sign(claims).unwrap();
    criterion.bench_function("verify a token again", |bencher| {
        bencher.iter(|| signer.verify(black_box(&token), now).unwrap());
    });
    let (end, wrong) = (token.len() - 1, if token.ends_with('A') { "E" } else { "A" });
    let forged = format!("{}{wrong}", &token[..end]);
    criterion.bench_function("refuse a forged token", |bencher| {
        bencher.iter(|| signer.verify(black_box(&forged), now));
    });
    criterion.final_summary();
}
