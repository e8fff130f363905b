//! Output of the client: lines on standard output, notes on standard error.

use std::io::{ErrorKind, IsTerminal, Stdout, Write, stderr, stdout};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use super::failure::Failure;

/// The printer of the line editor while that has the terminal: everything else would appear amid the line that is being typed.
static EDITOR: Mutex<Option<Sender<String>>> = Mutex::new(None);

/// Prints by a line editor what goes to a terminal, or directly again.
pub(super) fn print_by(editor: Option<Sender<String>>) {
    *EDITOR.lock().unwrap_or_else(PoisonError::into_inner) = editor;
}

/// Prints whole lines by the editor; returns false where there is none.
fn printed_by_editor(lines: &str) -> bool {
    let editor = EDITOR.lock().unwrap_or_else(PoisonError::into_inner);
    editor.as_ref().is_some_and(|editor| editor.send(lines.to_owned()).is_ok())
}

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
        let line = format!("{line}\n");
        if printed_by_editor(&line) {
            return Ok(());
        }
        let mut out = self.out.lock();
        let written = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Other(format!("can't write the output: {error}")),
        })
    }
}

/// Writes a note for the user.
pub(super) fn note(text: &str) {
    let line = format!("parlor: {text}\n");
    if !(stderr().is_terminal() && printed_by_editor(&line)) {
        eprint!("{line}");
    }
}
