//! Passwords that operators set: asked for on a terminal without showing them, or read from a file or standard input.

use std::io::{BufRead, BufReader, IsTerminal, Read, stdin};
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use console::Term;
use domain::account::Password;

/// The most bytes that are read: more than any password has.
const MOST_BYTES: u64 = 4_096;

/// Reads a new password: from the first line of that file, from the terminal, or from the first line of standard input.
pub(crate) fn read(file: Option<&Path>) -> anyhow::Result<Password> {
    let text = match file {
        Some(path) => {
            let file = std::fs::File::open(path);
            let file = file.with_context(|| format!("can't read the password in {}", path.display()))?;
            first_line(file).with_context(|| format!("can't read the password in {}", path.display()))?
        }
        None if stdin().is_terminal() => ask()?,
        None => first_line(stdin().lock()).context("can't read a password from standard input")?,
    };
    Password::parse(&text).map_err(|error| anyhow!("the password {error}"))
}

fn ask() -> anyhow::Result<String> {
    let password = hidden("New password: ")?;
    ensure!(password == hidden("Once more: ")?, "the two passwords differ; nothing was changed");
    Ok(password)
}

/// Asks on the terminal and returns the line that is typed, which is not shown.
fn hidden(question: &str) -> anyhow::Result<String> {
    let terminal = Term::stderr();
    terminal
        .write_str(question)
        .and_then(|()| terminal.read_secure_line())
        .context("can't ask for the password")
}

fn first_line(from: impl Read) -> anyhow::Result<String> {
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

    #[test]
    fn a_file_that_is_missing_is_named() {
        let error = format!("{:#}", read(Some(Path::new("/nowhere"))).unwrap_err());
        assert!(error.starts_with("can't read the password in /nowhere: "), "{error}");
    }
}
