//! Queries: the words that a message must have.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::words::{ENTRY_CHARS, Token, first_chars, searchable, tokens, truncated};
use crate::Invalid;
use crate::text::line;

/// The most keys of a query: more would rule out little, and each costs.
const MOST_KEYS: usize = 4;

/// The words that a caller searches for: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery {
    terms: Vec<Term>,
}

/// A part that a message must have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Term {
    /// That word, or emoji.
    Word(String),
    /// A word, or emoji, that begins so.
    Beginning(String),
    /// A run with that part.
    Part(String),
}

/// An entry that an [index](super::entries) has for every text that a query finds, and for few others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// True if the entry only begins with the text.
    pub beginning: bool,
    /// The entry.
    pub text: String,
}

impl Key {
    /// Returns whether the key is, or begins, one of the entries of a text.
    #[must_use]
    pub fn is_among(&self, entries: &BTreeSet<String>) -> bool {
        let from = (Bound::Included(self.text.as_str()), Bound::Unbounded);
        entries.range::<str, _>(from).next().is_some_and(|entry| {
            if self.beginning { entry.starts_with(&self.text) } else { *entry == self.text }
        })
    }
}

impl SearchQuery {
    /// Parses 2 to 200 characters with a word in them; one character is enough if it is an emoji, or a letter of Chinese,
    /// Japanese or Korean. A word before `*` matches as a beginning.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let raw = line(raw)?;
        let length = raw.chars().count();
        if !(1..=200).contains(&length) {
            return Err(Invalid::new("must be 2 to 200 characters long"));
        }
        let text = searchable(&raw);
        let tokens = tokens(&text);
        if length == 1 && tokens.iter().all(|(_, token)| matches!(token, Token::Word(_))) {
            return Err(Invalid::new("must be 2 to 200 characters long"));
        }
        let mut terms: Vec<Term> = tokens
            .into_iter()
            .map(|(end, token)| match token {
                Token::Run(run) => Term::Part(run.to_owned()),
                Token::Word(word) | Token::Emoji(word) if begins(&text[end..]) => {
                    Term::Beginning(word.to_owned())
                }
                Token::Word(word) | Token::Emoji(word) => Term::Word(word.to_owned()),
            })
            .collect();
        if terms.is_empty() {
            return Err(Invalid::new("must have a word"));
        }
        terms.sort_unstable();
        terms.dedup();
        Ok(Self { terms })
    }

    /// Returns whether a text has all that is searched for.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text = searchable(text);
        let tokens = tokens(&text);
        self.terms.iter().all(|term| tokens.iter().any(|&(_, token)| term.is(token)))
    }

    /// Returns keys by which an index finds every text that [matches](Self::matches): at least one, and those first that
    /// probably few texts have.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.terms.iter().flat_map(Term::keys).collect();
        keys.sort_unstable_by(|a, b| {
            let length = b.text.len().cmp(&a.text.len());
            a.beginning.cmp(&b.beginning).then(length).then_with(|| a.text.cmp(&b.text))
        });
        keys.dedup();
        keys.truncate(MOST_KEYS);
        keys
    }
}

impl std::str::FromStr for SearchQuery {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

/// Returns whether what follows a word says that the word is a beginning: a star that ends it.
fn begins(rest: &str) -> bool {
    rest.starts_with('*') && !rest.trim_start_matches('*').starts_with(char::is_alphanumeric)
}

impl Term {
    fn is(&self, token: Token<'_>) -> bool {
        match (self, token) {
            (Self::Word(wanted), Token::Word(word) | Token::Emoji(word)) => wanted == word,
            (Self::Beginning(wanted), Token::Word(word) | Token::Emoji(word)) => word.starts_with(wanted),
            (Self::Part(wanted), Token::Run(run)) => run.contains(wanted),
            _ => false,
        }
    }

    fn keys(&self) -> Vec<Key> {
        let key = |beginning, text: &str| Key { beginning, text: text.to_owned() };
        match self {
            Self::Word(word) => vec![key(false, truncated(word))],
            Self::Beginning(word) => vec![key(true, truncated(word))],
            Self::Part(run) => {
                let places: Vec<usize> = run.char_indices().map(|(at, _)| at).collect();
                let Some(last) = places.len().checked_sub(ENTRY_CHARS) else { return vec![key(true, run)] };
                // Entries that lie side by side, and the last one.
                let starts = (0..last).step_by(ENTRY_CHARS).chain([last]);
                starts.map(|place| key(false, first_chars(&run[places[place]..]))).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests;
