//! The line editor of a terminal: lines that come in are printed above the one that the user types.

use std::io::{Write, stdin, stdout};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, raise};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor, ExternalPrinter};
use tokio::sync::mpsc::Sender;

use super::super::output;
use super::input::Line;

const PROMPT: &str = "> ";
/// Milliseconds that the editor waits, and prints nothing, for what may follow Esc: other keys begin with it.
const REST_OF_A_KEY: u16 = 200;
/// Time for the last lines to be printed: the editor keeps them back while its history is being searched.
const PRINTING: Duration = Duration::from_secs(1);
/// Time for the editor to draw the last line, of which it gives no sign.
const DRAWING: Duration = Duration::from_millis(50);

/// A terminal whose lines are edited, until it is dropped; then it has the mode of before.
pub(super) struct Editor {
    mode: Termios,
    printed: Receiver<()>,
}

impl Editor {
    /// Begins to read lines, in a thread of its own. Returns `None` where standard input or output is no terminal, or one that can't move
    /// its cursor.
    pub(super) fn open(lines: &Sender<String>) -> Option<Self> {
        let mode = tcgetattr(stdin()).ok()?;
        let config = Config::builder().auto_add_history(true).bracketed_paste(false);
        let config = config.keyseq_timeout(Some(REST_OF_A_KEY)).build();
        let mut editor = DefaultEditor::with_config(config).ok()?;
        let mut printer = editor.create_external_printer().ok()?;
        let (sender, queue) = channel();
        let (end, printed) = channel();
        // Printing waits for the editor, and must not delay the connection.
        thread::spawn(move || {
            for text in queue {
                if printer.print(text).is_err() {
                    break;
                }
            }
            let _gone = end.send(());
        });
        let lines = lines.clone();
        thread::spawn(move || read(&mut editor, &lines));
        output::print_by(Some(sender));
        Some(Self { mode, printed })
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        output::print_by(None);
        let _late = self.printed.recv_timeout(PRINTING);
        if tcgetattr(stdin()).is_ok_and(|mode| mode != self.mode) {
            // The chat ends while a line is being typed.
            thread::sleep(DRAWING);
            let _gone = tcsetattr(stdin(), SetArg::TCSADRAIN, &self.mode);
            let _gone = writeln!(stdout());
        }
    }
}

/// Reads lines until the input or the chat ends.
fn read(editor: &mut DefaultEditor, lines: &Sender<String>) {
    loop {
        match editor.readline(PROMPT) {
            Ok(line) => {
                let last = Line::read(&line, true) == Line::Quit;
                if lines.blocking_send(line).is_err() || last {
                    return;
                }
            }
            // The editor turns the key into an error; it ends a program as it does elsewhere. Where a script has the signal
            // ignored, the chat ends with its input.
            Err(ReadlineError::Interrupted) => {
                let _ignored = raise(Signal::SIGINT);
                return;
            }
            Err(_) => return,
        }
    }
}
