//! Secrets that a person types or pipes in.

use std::io::{BufRead, BufReader, Read};

use anyhow::{Context, ensure};
use console::Term;

/// The most bytes that are read: more than any password has.
const MOST_BYTES: u64 = 4_096;

/// Asks on the terminal and returns the line that is typed, which is not shown.
pub(crate) fn hidden(question: &str) -> anyhow::Result<String> {
    let terminal = Term::stderr();
    terminal
        .write_str(question)
        .and_then(|()| terminal.read_secure_line())
        .context("can't ask for the password")
}

/// Returns the first line, without its end.
pub(crate) fn first_line(from: impl Read) -> anyhow::Result<String> {
    let mut line = String::new();
    BufReader::new(from.take(MOST_BYTES)).read_line(&mut line)?;
    ensure!(!line.is_empty(), "there is none");
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_password_with_its_blanks() {
        for (text, password) in [("a b \r\nmore", "a b "), ("a\n", "a"), ("a", "a"), ("\n", "")] {
            assert_eq!(first_line(text.as_bytes()).unwrap(), password);
        }
        assert!(first_line(&b""[..]).is_err());
    }
}
