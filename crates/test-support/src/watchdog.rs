//! A child that never outlives us: a shell between us and it waits for the end of its standard input, which comes
//! when we end, and then ends the child.

use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// What the shell does: `$0` is a folder to remove at the end, the arguments are the command.
const SCRIPT: &str = r#""$@" </dev/null & child=$!
read -r _
kill -KILL $child 2>/dev/null; pkill -KILL -P $child 2>/dev/null; wait $child 2>/dev/null; rm -rf "$0""#;

/// Starts a command that is killed, and its folder removed, when the answered child's standard input closes.
pub(crate) fn spawn(folder: &str, command: &[String]) -> anyhow::Result<Child> {
    Command::new("sh")
        .args(["-c", SCRIPT, folder])
        .args(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{} did not start", command.join(" ")))
}
