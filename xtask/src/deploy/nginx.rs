//! Runs nginx with the files of `deploy/nginx` in front of servers that answer with the request that reached them, and checks what
//! nginx makes of a client's requests.
#![expect(clippy::print_stdout, reason = "prints what it checked")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::paths::root;

/// Within this time nginx listens, and answers.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Checks the files where nginx is installed.
pub(crate) fn check() -> anyhow::Result<()> {
    let Some(program) = program() else {
        println!("nginx: not checked, it is missing; Debian's package is nginx-light");
        return Ok(());
    };
    let complaints = complaints(program, &files()?)?;
    ensure!(complaints.is_empty(), "deploy/nginx:\n{}", complaints.join("\n"));
    println!("nginx: accepts deploy/nginx, and forwards requests as it should");
    Ok(())
}

fn program() -> Option<&'static str> {
    ["nginx", "/usr/sbin/nginx"].into_iter().find(|name| Command::new(name).arg("-v").output().is_ok())
}

/// The shipped files by name. The servers that they list have names that only compose resolves.
fn files() -> anyhow::Result<Vec<(&'static str, String)>> {
    let read = |name| {
        let text = std::fs::read_to_string(root().join("deploy/nginx").join(name));
        Ok((name, text.with_context(|| format!("can't read {name}"))?))
    };
    ["nginx.conf", "upstreams.conf", "locations.conf"].into_iter().map(read).collect()
}

/// Returns every complaint about the files. The error of files that nginx does not accept has its message.
fn complaints(program: &str, files: &[(&str, String)]) -> anyhow::Result<Vec<String>> {
    let replicas = [Echo::start()?, Echo::start()?, Echo::start()?];
    let nginx = Nginx::start(program, files, &replicas)?;
    let mut wrong = vec![];

    let forged =
        "Forwarded: for=198.51.100.7\r\nX-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: gopher\r\n";
    for path in ["/api/rooms", "/socket.io/?transport=polling"] {
        let seen = nginx.get(path, forged)?.to_ascii_lowercase();
        let values = |name: &str| -> Vec<String> {
            let lines = seen.lines().filter_map(|line| line.split_once(": "));
            lines.filter(|(other, _)| *other == name).map(|(_, value)| value.to_owned()).collect()
        };
        for (header, wanted) in
            [("x-forwarded-for", &["127.0.0.1"][..]), ("x-forwarded-proto", &["http"]), ("forwarded", &[])]
        {
            let found = values(header);
            if found != wanted {
                wrong.push(format!("{path}: {header} reaches the server as {found:?}, not {wanted:?}"));
            }
        }
    }
    for path in ["/metrics", "/ready"] {
        if !nginx.get(path, "")?.starts_with("HTTP/1.1 404") {
            wrong.push(format!("{path} is published"));
        }
    }
    let seen = nginx.get("/chat", "Upgrade: websocket\r\n")?.to_ascii_lowercase();
    if !seen.contains("\r\nupgrade: websocket\r\n") || !seen.contains("\r\nconnection: upgrade\r\n") {
        wrong.push("an upgrade does not reach the server".to_owned());
    }
    let mut spread = |path: &str, wanted: fn(usize) -> bool, complaint: &str| -> anyhow::Result<()> {
        let mut reached = BTreeSet::new();
        for _ in 0..6 {
            let answer = nginx.get(path, "")?;
            let replica = answer.lines().find_map(|line| line.strip_prefix("Replica: "));
            reached.insert(replica.context("no replica answered")?.to_owned());
        }
        if !wanted(reached.len()) {
            wrong.push(format!("{path}: {complaint}"));
        }
        Ok(())
    };
    spread("/socket.io/?transport=polling&sid=x", |count| count == 1, "a session reaches several replicas")?;
    spread("/api/rooms", |count| count > 1, "all requests reach one replica")?;
    Ok(wrong)
}

/// A running nginx, which ends with this value.
struct Nginx {
    process: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Nginx {
    fn start(program: &str, files: &[(&str, String)], replicas: &[Echo]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        // Closed at once, so that nginx can listen there.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let place = format!("{}/", folder.path().display());
        for (name, text) in files {
            // nginx's own folders and port, among others on this machine.
            let text = text.replace("/tmp/", &place).replace("listen 8080;", &format!("listen {address};"));
            std::fs::write(folder.path().join(name), text)?;
        }
        let servers: Vec<_> = replicas.iter().map(|replica| format!("server {};", replica.address)).collect();
        std::fs::write(folder.path().join("replicas.conf"), servers.join("\n"))?;
        let nginx = |arguments: &[&str], folder: &Path| {
            let mut command = Command::new(program);
            command.args(["-c", "nginx.conf", "-p"]).arg(folder).args(arguments);
            command
        };
        let tested = nginx(&["-t", "-q"], folder.path()).output()?;
        ensure!(tested.status.success(), "nginx -t: {}", String::from_utf8_lossy(&tested.stderr));
        // One process, so that its end is the end of all.
        let alone = ["-g", "daemon off; master_process off;"];
        let process = nginx(&alone, folder.path()).stdin(Stdio::null()).spawn()?;
        let mut started = Self { process, address, _folder: folder };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = started.process.try_wait()? {
                bail!("nginx ended: {status}");
            }
            ensure!(start.elapsed() < TIMEOUT, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(started)
    }

    /// Returns the answer: of a server, whose body is the request that reached it, or of nginx itself.
    fn get(&self, path: &str, headers: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: chat.example.com\r\nConnection: close\r\n{headers}\r\n"
        )?;
        let mut answer = String::new();
        match stream.read_to_string(&mut answer) {
            Ok(_) => Ok(answer),
            // The end of a connection with unread bytes.
            Err(error) if error.kind() == ErrorKind::ConnectionReset && !answer.is_empty() => Ok(answer),
            Err(error) => Err(error).with_context(|| format!("nginx does not answer {path}")),
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Fails only if it has ended.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A server that answers each request with its head.
struct Echo {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Echo {
    fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let ending = Arc::clone(&ended);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ending.load(Ordering::SeqCst) {
                    return;
                }
                // nginx answers 502 to a request whose answer fails, and the check complains.
                drop(stream.and_then(|stream| answer(stream, address)));
            }
        });
        Ok(Self { address, ended, thread: Some(thread) })
    }
}

fn answer(mut stream: TcpStream, address: SocketAddr) -> std::io::Result<()> {
    let mut head = String::new();
    let mut lines = BufReader::new(stream.try_clone()?);
    while lines.read_line(&mut head)? > 2 {}
    let length = head.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nReplica: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{head}"
    )
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_files_forward_as_they_should_and_broken_ones_are_found() {
        let Some(program) = program() else {
            eprintln!("not tested: nginx is missing");
            return;
        };
        let shipped = files().unwrap();
        assert_eq!(complaints(program, &shipped).unwrap(), Vec::<String>::new());
        for (line, instead, expected) in [
            (
                "proxy_set_header Forwarded \"\";",
                "",
                "forwarded reaches the server as [\"for=198.51.100.7\"]",
            ),
            (
                "proxy_set_header X-Forwarded-For $remote_addr;",
                "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
                "x-forwarded-for reaches the server as [\"198.51.100.7, 127.0.0.1\"]",
            ),
            ("proxy_set_header X-Forwarded-Proto $scheme;", "", "x-forwarded-proto reaches"),
            ("location = /metrics {", "location = /metric {", "/metrics is published"),
            ("proxy_set_header Upgrade $http_upgrade;", "", "an upgrade does not reach"),
            ("proxy_pass http://$parlor_socketio;", "proxy_pass http://parlor;", "several replicas"),
            ("proxy_pass http://parlor;", "proxy_pass http://parlor_pinned;", "one replica"),
        ] {
            let mut broken = shipped.clone();
            let file = broken.iter_mut().find(|(_, text)| text.contains(line)).unwrap();
            file.1 = file.1.replacen(line, instead, 1);
            let found = complaints(program, &broken).unwrap();
            assert!(found.iter().any(|found| found.contains(expected)), "{line}: {found:?}");
        }
        let invalid = [("nginx.conf", "nothing;".to_owned())];
        assert!(complaints(program, &invalid).unwrap_err().to_string().starts_with("nginx -t"));
    }
}
