//! A full disk: sends are refused, answered messages stay, and once there is room it goes on.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use parlor_client::{Method, Response};
use tempfile::TempDir;

use crate::session::Session;

/// More than fit into any of the disks below.
const ENOUGH: usize = 5_000;

/// A server that is gone, and a disk that is unmounted, however its test ends.
struct Machine {
    folder: TempDir,
    mounted: bool,
    server: Option<Child>,
    url: String,
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill();
        if self.mounted {
            let unmounted = Command::new("umount").arg(self.folder.path()).status();
            if !unmounted.is_ok_and(|status| status.success()) {
                eprintln!("{} stays mounted", self.folder.path().display());
            }
        }
    }
}

impl Machine {
    /// A machine whose disk is that of this one.
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), mounted: false, server: None, url: String::new() }
    }

    /// A machine with a disk of sixteen megabytes, where this one lets the test mount it.
    fn with_a_small_disk() -> Result<Self, String> {
        let mut machine = Self::new();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(machine.folder.path())
            .output()
            .map_err(|error| format!("mount: {error}"))?;
        machine.mounted = mount.status.success();
        if machine.mounted { Ok(machine) } else { Err(String::from_utf8_lossy(&mount.stderr).into_owned()) }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the server, by a shell that does this first.
    fn serve(&mut self, first: &str) {
        let mut server = Command::new("sh")
            .args(["-c", &format!("{first} exec \"$0\""), env!("CARGO_BIN_EXE_parlor")])
            .current_dir(self.path())
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .env("PARLOR_LISTEN", "127.0.0.1:0")
            .env("PARLOR_LIMITS", "off")
            // A log would fill the disk that it stands on, and this one is of failures that are wanted.
            .env("PARLOR_LOG", "off")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.server = Some(server);
        line.trim().strip_prefix("Parlor listens on ").unwrap_or_default().clone_into(&mut self.url);
        assert!(!self.url.is_empty(), "the server started");
    }

    fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _already_gone = server.kill();
            server.wait().unwrap();
        }
    }
}

/// Fills the disk by sending, once `fill` has left little of it; then `make_room` makes room, and sends must succeed again.
async fn survive(mut machine: Machine, first: &str, fill: impl Fn(&Machine), make_room: impl Fn(&Machine)) {
    machine.serve(first);
    let alice = Session::new(&machine.url).await;
    let mut answered = vec![];
    for n in 0..20 {
        alice.send(&machine.url, n).await;
        answered.push(n);
    }
    fill(&machine);
    // The files have some room in them yet.
    let full = loop {
        let n = answered.len();
        assert!(n < ENOUGH, "the disk is never full");
        let answer = alice.try_send(&machine.url, n).await.unwrap();
        if answer.status != 201 {
            break answer;
        }
        answered.push(n);
    };
    let expect_refusal = |answer: &Response| {
        assert!(answer.header("retry-after").is_some());
        assert_eq!((answer.status, answer.body["code"].as_str()), (503, Some("UNAVAILABLE")));
    };
    expect_refusal(&full);
    // It stays so, and reads still succeed.
    for _ in 0..5 {
        expect_refusal(&alice.try_send(&machine.url, ENOUGH).await.unwrap());
        assert_eq!(alice.numbers(&machine.url).await, answered);
    }
    let health = alice.at(&machine.url).request(Method::GET, "/health").send().await.unwrap();
    assert_eq!(health.status, 200);

    make_room(&machine);
    for n in ENOUGH + 1..ENOUGH + 50 {
        alice.send(&machine.url, n).await;
        answered.push(n);
    }
    assert_eq!(alice.numbers(&machine.url).await, answered);
    machine.kill();
    machine.serve("");
    assert_eq!(alice.numbers(&machine.url).await, answered, "after a kill too");
}

#[tokio::test]
async fn a_full_disk_refuses_sends_and_loses_nothing() {
    let machine = match Machine::with_a_small_disk() {
        Ok(machine) => machine,
        Err(reason) => return eprintln!("skipped, a file of limited size stands in for it: {reason}"),
    };
    let ballast = |machine: &Machine| machine.path().join("ballast");
    let fill = |machine: &Machine| {
        let mut file = File::create(ballast(machine)).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    };
    survive(machine, "", fill, |machine| std::fs::remove_file(ballast(machine)).unwrap()).await;
}

#[tokio::test]
async fn a_file_size_limit_refuses_sends_and_loses_nothing() {
    if let Err(reason) = Command::new("prlimit").arg("--version").output() {
        return eprintln!("skipped, no tool can lift the limit: prlimit: {reason}");
    }
    let lift = |machine: &Machine| {
        let server = machine.server.as_ref().unwrap().id().to_string();
        let lifted = Command::new("prlimit").args(["--pid", &server, "--fsize=unlimited"]).status().unwrap();
        assert!(lifted.success());
    };
    // In blocks of 512 bytes.
    survive(Machine::new(), "trap '' XFSZ; ulimit -S -f 4096;", |_| {}, lift).await;
}
