//! The lines that the user types or pipes in, and the commands among them.

use std::io::{BufRead, stdin};

use tokio::sync::mpsc;

use super::editor::Editor;

/// Lines of standard input.
pub(super) struct Input {
    lines: mpsc::Receiver<String>,
    _editor: Option<Editor>,
}

impl Input {
    /// Begins to read, on a terminal by a line editor.
    pub(super) fn open() -> Self {
        let (sender, lines) = mpsc::channel(1);
        if let Some(editor) = Editor::open(&sender) {
            return Self { lines, _editor: Some(editor) };
        }
        // In a thread of its own: a read can't be interrupted, and must not delay the end of the program.
        std::thread::spawn(move || {
            let mut input = stdin().lock();
            let mut line = vec![];
            while matches!(input.read_until(b'\n', &mut line), Ok(1..)) {
                let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
                if sender.blocking_send(text).is_err() {
                    break;
                }
                line.clear();
            }
        });
        Self { lines, _editor: None }
    }

    /// Waits for the next line; `None` at the end of the input.
    pub(super) async fn next(&mut self) -> Option<String> {
        self.lines.recv().await
    }
}

/// The meaning of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// There is nothing to send.
    Blank,
    /// A text to be sent.
    Text(&'a str),
    /// Writes to another room from now on; the name may be missing.
    Room(&'a str),
    /// Lists the rooms.
    Rooms,
    /// Lists the commands.
    Help,
    /// Ends the program.
    Quit,
    /// A command that there is not.
    Unknown(&'a str),
}

impl<'a> Line<'a> {
    /// Reads a line. Commands begin with `/` and are obeyed on a terminal only: what a program writes is sent as it is.
    pub(super) fn read(line: &'a str, commands: bool) -> Self {
        if line.trim().is_empty() {
            return Self::Blank;
        }
        let Some(command) = line.strip_prefix('/').filter(|_| commands) else { return Self::Text(line) };
        if command.starts_with('/') {
            return Self::Text(command);
        }
        match command.split_once(' ').map_or((command, ""), |(word, rest)| (word, rest.trim())) {
            ("room", name) => Self::Room(name),
            ("rooms", "") => Self::Rooms,
            ("help", _) => Self::Help,
            ("quit", "") => Self::Quit,
            (word, _) => Self::Unknown(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_obeyed_on_a_terminal_only() {
        for (line, on_a_terminal) in [
            ("Hello /room", Line::Text("Hello /room")),
            ("/room General Chat", Line::Room("General Chat")),
            ("/room", Line::Room("")),
            ("/rooms", Line::Rooms),
            ("/quit", Line::Quit),
            ("//quit", Line::Text("/quit")),
            ("/qiut", Line::Unknown("qiut")),
            ("  ", Line::Blank),
        ] {
            assert_eq!(Line::read(line, true), on_a_terminal);
        }
        assert_eq!(Line::read("/quit", false), Line::Text("/quit"));
        assert_eq!(Line::read("//quit", false), Line::Text("//quit"));
    }
}
