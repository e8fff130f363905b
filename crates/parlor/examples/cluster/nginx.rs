//! nginx before the replicas, with the upstreams and locations that are shipped.

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
    /// Starts it in that folder. It ends with this process, by the kernel's word to its first process.
    pub(crate) fn start(folder: &Path, replicas: &[String]) -> anyhow::Result<Self> {
        // Debian's lies where root finds it.
        let program = ["nginx", "/usr/sbin/nginx"]
            .into_iter()
            .find(|name| Command::new(name).arg("-v").stderr(Stdio::null()).status().is_ok())
            .context("there is no nginx; apt-get install nginx")?;
        // Started by root, its workers are somebody else.
        std::fs::set_permissions(folder, Permissions::from_mode(0o755))?;
        for file in ["upstreams.conf", "locations.conf"] {
            std::fs::copy(Path::new(SHIPPED).join(file), folder.join(file))?;
        }
        let servers: Vec<_> = replicas.iter().map(|address| format!("server {address};")).collect();
        std::fs::write(folder.join("replicas.conf"), servers.join("\n"))?;
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

    /// Lets it read its configuration again: new workers, and the end of the old ones with all they hold.
    pub(crate) fn reload(&mut self) -> anyhow::Result<()> {
        self.signal("-HUP")
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let told = Command::new("kill").args([signal, &self.process.id().to_string()]).status()?;
        ensure!(told.success(), "nginx is gone");
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

fn config(folder: &str, port: u16) -> String {
    format!(
        "worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
# After a reload old workers go, with every socket that they hold: what clients of theirs do then is part of the test.
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
