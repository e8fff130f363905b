//! Passwords that operators set: asked for on a terminal without showing them, or read from a file or standard input.

use std::io::{IsTerminal, stdin};
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use domain::account::Password;

use crate::prompt::{first_line, hidden};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_missing_is_named() {
        let error = format!("{:#}", read(Some(Path::new("/nowhere"))).unwrap_err());
        assert!(error.starts_with("can't read the password in /nowhere: "), "{error}");
    }
}
