//! Tests of the values of accounts.

use super::*;

#[test]
fn a_username_is_3_to_32_characters_of_its_alphabet() {
    for good in ["abc", "John_Doe-2.0", &"a".repeat(32)] {
        assert_eq!(Username::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "ab", &"a".repeat(33), "with space", "jörg", "a\0b", "al@ce"] {
        assert!(Username::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn no_account_takes_a_reserved_name() {
    for reserved in ["room", "ROOM", " Room "] {
        assert!(reserved.parse::<NewUsername>().unwrap_err().to_string().contains("reserved"), "{reserved}");
        assert!(Username::parse(reserved).is_ok(), "an account may have it from before");
    }
    assert!("rooms".parse::<NewUsername>().is_ok());
    assert!("ab".parse::<NewUsername>().is_err());
}

#[test]
fn names_and_addresses_are_unique_regardless_of_case() {
    assert_eq!(Username::parse("Alice").unwrap().key(), Username::parse("aLICE").unwrap().key());
    assert_eq!(Email::parse("A@Example.com").unwrap().key(), Email::parse("a@example.COM").unwrap().key());
}

#[test]
fn an_email_needs_an_at_sign_and_at_most_254_characters() {
    assert!(Email::parse(" a@example.com ").is_ok());
    assert!(Email::parse("not an address").is_err());
    assert!(Email::parse(&format!("a@{}.com", "b".repeat(254))).is_err());
}

#[test]
fn a_password_keeps_its_blanks_and_counts_characters() {
    assert_eq!(Password::parse("  seven ").unwrap().expose(), "  seven ");
    assert!(Password::parse("🐈🐈🐈🐈🐈🐈🐈🐈").is_ok());
    assert!(Password::parse("seven77").is_err());
    assert!(Password::parse("Password1").is_err());
    assert!(Password::parse(&"x".repeat(129)).is_err());
}

#[test]
fn debug_output_hides_secrets() {
    let shown = format!(
        "{:?} {:?} {:?}",
        Password::parse("hunter2hunter2").unwrap(),
        PasswordAttempt::new("hunter2"),
        PasswordHash("hunter2".into())
    );
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_token_is_issued_and_expires_on_a_whole_second() {
    let now = Timestamp::from_unix_micros(1_700_000_000_999_999).unwrap();
    let claims =
        Claims::starting(now, Duration::hours(1), UserId(uuid::Uuid::nil()), SessionId(uuid::Uuid::nil()));
    assert_eq!(claims.issued_at.unix_micros(), 1_700_000_000_000_000);
    assert_eq!(claims.expires_at.unix_micros(), 1_700_003_600_000_000);
}
