//! The exceptions to the wording of comments, each with its reason.

use anyhow::{Context, ensure};

const FILE: &str = "xtask/wording-allowed.txt";
/// An exception more than these is a rule that does not hold.
const MAX_EXCEPTIONS: usize = 20;

/// Lines `path | words of the comment | reason`.
pub(super) struct Allowed(Vec<(String, String)>);

impl Allowed {
    pub(super) fn read() -> anyhow::Result<Self> {
        Self::parse(&std::fs::read_to_string(FILE)?).context(FILE)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut exceptions = vec![];
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
            let [path, words, reason] = parts[..] else {
                anyhow::bail!("no `path | words | reason`: {line}")
            };
            ensure!(!words.is_empty() && !reason.is_empty(), "no words or no reason: {line}");
            exceptions.push((path.to_owned(), words.to_owned()));
        }
        ensure!(exceptions.len() <= MAX_EXCEPTIONS, "more than {MAX_EXCEPTIONS} exceptions");
        Ok(Self(exceptions))
    }

    pub(super) fn contains(&self, path: &str, comment: &str) -> bool {
        self.0.iter().any(|(of, words)| of == path && comment.contains(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_holds_for_its_file_and_its_words_alone() {
        let allowed = Allowed::parse("# why\n\na.rs | as was told | a quotation\n").unwrap();
        assert!(allowed.contains("a.rs", "Does as was told."));
        assert!(!allowed.contains("b.rs", "Does as was told."));
        assert!(!allowed.contains("a.rs", "Is told."));
    }

    #[test]
    fn an_exception_without_a_reason_and_too_many_are_refused() {
        assert!(Allowed::parse("a.rs | as was told").is_err());
        assert!(Allowed::parse("a.rs | as was told | ").is_err());
        assert!(Allowed::parse(&"a.rs | told | a quotation\n".repeat(MAX_EXCEPTIONS + 1)).is_err());
    }
}
