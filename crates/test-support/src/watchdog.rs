//! Child processes that end with this one. A shell starts the child and waits for the end of its standard input, which
//! comes when this process ends; then it kills the child.

use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// Script of the shell: `$0` is a folder to remove at the end, the arguments are the command.
const SCRIPT: &str = r#""$@" </dev/null & child=$!
read -r _
kill -KILL $child 2>/dev/null; pkill -KILL -P $child 2>/dev/null; wait $child 2>/dev/null; rm -rf "$0""#;

/// Starts a command. When the standard input of the returned child closes, the command is killed and its folder removed.
pub(crate) fn spawn(folder: &str, command: &[String]) -> anyhow::Result<Child> {
    Command::new("sh")
        .args(["-c", SCRIPT, folder])
        .args(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("can't start {}", command.join(" ")))
}
