//! The wording of comments: doc comments begin with what an item does or is, and words mean what they mean elsewhere.

mod allowed;
mod comments;

use super::Findings;
use super::sources::rust_sources;
use allowed::Allowed;
use comments::{Comment, comments};

/// Words that a doc comment does not begin with: it would ask a question instead of naming the item.
const QUESTIONS: &[&str] = &["What", "Who", "Whom", "Whose", "How", "Where", "Whether", "Which"];

/// Words for events, callers and fixes that the field has terms for: receive, deliver, return, the user, repair.
const PRIVATE_WORDS: &[&str] =
    &["heard", "told", "said", "somebody", "nobody", "whoever", "anew", "mend", "mends", "mended"];

/// Finds doc comments that begin with a question word.
pub(super) fn openings() -> anyhow::Result<Findings> {
    check("openings of doc comments", |comment| {
        let word = comment.doc.then(|| words(&comment.text).next()).flatten()?;
        QUESTIONS.contains(&word).then(|| format!("a doc comment opens with {word:?}"))
    })
}

/// Finds words that are not the field's terms.
pub(super) fn vocabulary() -> anyhow::Result<Findings> {
    check("vocabulary of comments", |comment| {
        let found =
            words(&comment.text).find(|word| PRIVATE_WORDS.contains(&word.to_lowercase().as_str()))?;
        Some(format!("a comment has {found:?}"))
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

fn check(subject: &str, complaint: impl Fn(&Comment) -> Option<String>) -> anyhow::Result<Findings> {
    let allowed = Allowed::read()?;
    let mut findings = Findings::new(String::new());
    let mut looked_at = 0;
    for source in rust_sources()? {
        for comment in comments(&source.text) {
            looked_at += 1;
            if let Some(found) =
                complaint(&comment).filter(|_| !allowed.contains(&source.path, &comment.text))
            {
                let text: String = comment.text.chars().take(80).collect();
                findings.add(format!("{}:{}: {found}: {text}", source.path, comment.line));
            }
        }
    }
    findings.subject = format!("{subject}, {looked_at} comments");
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_punctuation_and_not_at_an_underscore() {
        assert_eq!(words("Which, told: `was_heard`").collect::<Vec<_>>(), ["Which", "told", "was_heard"]);
    }
}
