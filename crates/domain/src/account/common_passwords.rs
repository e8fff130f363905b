//! The most common passwords, which are the first that anyone guesses.

use std::sync::LazyLock;

/// Passwords of at least 8 characters among the 10,000 most common ones, in lower case and the order of their bytes, one a
/// line. Their source and its licence are in `common_passwords.LICENSE`.
static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Returns whether a normalised password is one of the most common, in any case.
pub(super) fn is_common(password: &str) -> bool {
    COMMON.binary_search(&password.to_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_in_lower_case() {
        assert!(COMMON.len() > 3_000);
        assert!(COMMON.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(COMMON.iter().all(|word| word.to_lowercase() == **word && word.chars().count() >= 8));
    }

    #[test]
    fn common_passwords_are_known_in_any_case() {
        for common in ["password", "PassWord1", "12345678", "QWERTYUIOP", "iloveyou"] {
            assert!(is_common(common), "{common}");
        }
        for uncommon in ["correct horse", "password of mine", ""] {
            assert!(!is_common(uncommon), "{uncommon}");
        }
    }
}
