//! nginx in front of the replicas, with the shipped upstreams and locations.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/nginx");

pub(crate) struct Nginx {
    process: Child,
    port: u16,
}

impl Nginx {
    /// Starts it in that folder. It ends with this process, since the kernel signals its first process.
    pub(crate) fn start(folder: &Path, replicas: &[String]) -> anyhow::Result<Self> {
        // Debian installs it outside of a user's PATH.
        let program = ["nginx", "/usr/sbin/nginx"]
            .into_iter()
            .find(|name| Command::new(name).arg("-v").stderr(Stdio::null()).status().is_ok())
            .context("there is no nginx; apt-get install nginx")?;
        // Started by root, its workers are another user.
        std::fs::set_permissions(folder, Permissions::from_mode(0o755))?;
        for file in ["upstreams.conf", "locations.conf"] {
            std::fs::copy(Path::new(SHIPPED).join(file), folder.join(file))?;
        }
        let shipped = std::fs::read_to_string(Path::new(SHIPPED).join("replicas.conf"))?;
        std::fs::write(folder.join("replicas.conf"), servers(&shipped, replicas)?)?;
        let port = test_support::free_port()?;
        std::fs::write(folder.join("nginx.conf"), config(&folder.to_string_lossy(), port))?;
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--", program, "-c", "nginx.conf", "-p"])
            .arg(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("setpriv did not start; install util-linux")?;
        let mut nginx = Self { process, port };
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = nginx.process.try_wait()?;
            let log = || std::fs::read_to_string(folder.join("nginx.log")).unwrap_or_default();
            ensure!(ended.is_none(), "nginx did not start: {}", log());
            ensure!(begun.elapsed() < Duration::from_secs(20), "nginx does not listen: {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(nginx)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Reloads its configuration: new workers, and the end of the old ones with all their connections.
    pub(crate) fn reload(&mut self) -> anyhow::Result<()> {
        self.signal("-HUP")
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status()?;
        ensure!(sent.success(), "nginx is gone");
        Ok(())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its first process ends the others.
        let _gone = self.signal("-TERM");
        let _reaped = self.process.wait();
    }
}

/// Returns the shipped servers at other addresses. These need no resolver, which Debian's nginx does not know here.
fn servers(shipped: &str, addresses: &[String]) -> anyhow::Result<String> {
    let lines: Vec<_> = shipped.lines().filter_map(|line| line.strip_prefix("server ")).collect();
    ensure!(lines.len() == addresses.len(), "deploy/nginx/replicas.conf has other than {}", addresses.len());
    let moved = lines.iter().zip(addresses).map(|(line, address)| {
        let (_, settings) = line.split_once(' ').unwrap_or((line, ";"));
        format!("server {address} {}\n", settings.replace("resolve", ""))
    });
    Ok(moved.collect())
}

fn config(folder: &str, port: u16) -> String {
    format!(
        "worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
# After a reload old workers go, with every socket that they hold: how their clients go on is part of the test.
worker_shutdown_timeout 2s;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include upstreams.conf;
    server {{
        listen 127.0.0.1:{port};
        include locations.conf;
    }}
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_servers_keep_everything_but_their_addresses() {
        let shipped = "# Names.\nserver a:3020 resolve fail_timeout=2s;\nserver b:3020;\n";
        let moved = servers(shipped, &["127.0.0.1:1".to_owned(), "127.0.0.1:2".to_owned()]).unwrap();
        assert_eq!(moved, "server 127.0.0.1:1  fail_timeout=2s;\nserver 127.0.0.1:2 ;\n");
        assert!(servers(shipped, &["127.0.0.1:1".to_owned()]).is_err());
    }
}
