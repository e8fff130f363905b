//! Random ids in the order of their creation, and secrets.

use domain::IdSource;
use domain::account::SecretSource;
use uuid::Uuid;

/// Creates UUIDs of version 7.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that creates ids")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Makes secrets of three random UUIDs, which take their 366 random bits from the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomSecrets;

impl SecretSource for RandomSecrets {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes secrets")]
    fn secret(&self) -> String {
        [(); 3].map(|()| Uuid::new_v4().simple().to_string()).concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_7_and_rise() {
        let ids: Vec<Uuid> = (0..1_000).map(|_| RandomIds.next()).collect();
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn secrets_are_long_texts_of_digits_and_letters_that_differ() {
        let secrets: std::collections::BTreeSet<String> =
            (0..1_000).map(|_| RandomSecrets.secret()).collect();
        assert_eq!(secrets.len(), 1_000);
        assert!(
            secrets.iter().all(|secret| secret.len() == 96 && secret.bytes().all(|b| b.is_ascii_hexdigit()))
        );
    }
}
