//! `parlor chat` on a terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use nix::pty::openpty;
use nix::sys::termios::{Termios, tcgetattr};
use parlor_client::NewMessage;

use super::{Setting, succeeds};
use crate::text;

const TIMEOUT: Duration = Duration::from_secs(30);
/// The beginning of a line, as the editor draws it.
const PROMPT: &str = "\u{1b}[K> ";

/// A chat whose input and output are a terminal, of which this is the other side.
struct Terminal {
    chat: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    mode: Termios,
}

impl Terminal {
    fn chat(setting: &Setting) -> Self {
        let pty = openpty(None, None).unwrap();
        let mode = tcgetattr(&pty.master).unwrap();
        let end = || Stdio::from(pty.slave.try_clone().unwrap());
        let mut command = setting.command(&["chat", "General Chat"]);
        command.env("TERM", "xterm").stdin(end()).stdout(end()).stderr(end());
        let chat = command.spawn().unwrap();
        let keyboard = File::from(pty.master);
        let mut output = keyboard.try_clone().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // A terminal that the other side closed ends with an error.
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { chat, keyboard, screen, mode }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the chat writes that, and returns everything up to it.
    #[track_caller]
    fn wait_for(&mut self, wanted: &str) -> String {
        let mut written = vec![];
        while !text(&written).contains(wanted) {
            let more = self.screen.recv_timeout(TIMEOUT);
            assert!(more.is_ok(), "{:?}", text(&written));
            written.extend(more.unwrap());
        }
        text(&written)
    }

    fn is_as_before(&self) -> bool {
        tcgetattr(&self.keyboard).unwrap() == self.mode
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_is_printed_above_the_line_that_is_being_typed() {
    let setting = Setting::new().await;
    succeeds(&setting.log_in());
    let mut terminal = Terminal::chat(&setting);
    terminal.wait_for(PROMPT);
    terminal.press("half a ");
    terminal.wait_for("half a ");
    // Other keys begin with it.
    terminal.press("\u{1b}");
    setting.alice.room(setting.room.id).send(NewMessage::text("Hello")).await.unwrap();
    let written = terminal.wait_for("> half a ");
    assert!(written.contains(": Hello\r\n"), "{written:?}");
    terminal.press("line\r");
    terminal.wait_for(PROMPT);
    terminal.press("\u{4}");
    assert!(terminal.chat.wait().unwrap().success());
    assert!(terminal.is_as_before());
    assert_eq!(setting.contents().await, ["Hello", "half a line"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_is_as_before_when_the_user_or_the_server_ends_the_chat() {
    let setting = Setting::new().await;
    succeeds(&setting.log_in());
    let mut interrupted = Terminal::chat(&setting);
    interrupted.wait_for(PROMPT);
    interrupted.press("\u{3}");
    assert_eq!(interrupted.chat.wait().unwrap().signal(), Some(2));
    assert!(interrupted.is_as_before());

    let mut ended = Terminal::chat(&setting);
    ended.wait_for(PROMPT);
    succeeds(&setting.run(&["logout"], ""));
    assert_eq!(ended.chat.wait().unwrap().code(), Some(3));
    assert!(ended.is_as_before());
    ended.wait_for("log in again with");
}
