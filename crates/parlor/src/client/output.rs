//! Output of the client: lines on standard output, notes on standard error.
use std::io::{ErrorKind, IsTerminal, Stdout, Write, stdout};

use super::failure::Failure;

/// Standard output.
pub(super) struct Output {
    out: Stdout,
    /// True where a person reads it.
    pub(super) is_terminal: bool,
}

impl Output {
    pub(super) fn open() -> Self {
        let out = stdout();
        Self { is_terminal: out.is_terminal(), out }
    }

    /// Writes a line at once.
    pub(super) fn line(&self, line: &str) -> Result<(), Failure> {
        let mut out = self.out.lock();
        let written =
            out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Other(format!("can't write the output: {error}")),
        })
    }
}

/// Writes a note for the user.
pub(super) fn note(text: &str) {
    eprintln!("parlor: {text}");
}
