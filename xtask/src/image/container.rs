//! A container of the image, run by runc as the image describes and confined as in a cluster; removed when dropped.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use crate::{curl, must};

/// The longest time that a start or a stop takes, on a slow machine too.
const START_STOP_TIMEOUT: Duration = Duration::from_mins(1);

/// A running container, in a network of its own.
pub(super) struct Container<'a> {
    bundle: &'a Path,
    name: String,
    process: Child,
    /// The lines of its standard output, until it ends.
    output: Receiver<String>,
    pid: String,
    url: String,
}

impl<'a> Container<'a> {
    /// Starts the container that the bundle describes, and waits until it listens.
    pub(super) fn start(bundle: &'a Path) -> anyhow::Result<Self> {
        let name = format!("parlor-{}", std::process::id());
        let mut process = runc(bundle)
            .args(["run", "--bundle"])
            .arg(bundle)
            .arg(&name)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the smoke test needs runc; --no-smoke-test skips it")?;
        let lines = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        let (sender, output) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut container = Self { bundle, name, process, output, pid: String::new(), url: String::new() };
        let line =
            container.output.recv_timeout(START_STOP_TIMEOUT).context("the container did not start")?;
        container.url = line
            .strip_prefix("Parlor listens on ")
            .with_context(|| format!("the first line of its output is not the address: {line}"))?
            .replace("0.0.0.0", "127.0.0.1");
        // runc may write its pid file later than this.
        let state = runc(bundle).args(["state", &container.name]).output()?;
        let state: Value = serde_json::from_slice(&state.stdout).context("runc printed no state")?;
        container.pid = state["pid"].to_string();
        Ok(container)
    }

    /// Runs a program of the image in it.
    pub(super) fn exec(&self, args: &[&str]) -> anyhow::Result<()> {
        must(runc(self.bundle).args(["exec", &self.name]).args(args))
    }

    /// Sends a request from within its network.
    pub(super) fn request(
        &self,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let mut curl = Command::new("nsenter");
        curl.args(["--net", "--target", &self.pid, "curl"]);
        curl::request(&mut curl, &format!("{}{path}", self.url), token, body)
    }

    /// Returns true if a file can be created at this path, which root tries.
    pub(super) fn can_write(&self, path: &str) -> anyhow::Result<bool> {
        match std::fs::File::create_new(format!("/proc/{}/root{path}", self.pid)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem => Ok(false),
            Err(error) => Err(error).context(format!("the attempt to write to {path} failed")),
        }
    }

    /// Sends SIGTERM, as a cluster does, and waits until the container has ended.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        must(runc(self.bundle).args(["kill", &self.name, "TERM"]))?;
        loop {
            match self.output.recv_timeout(START_STOP_TIMEOUT) {
                Ok(_more) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => bail!("the container does not stop on SIGTERM"),
            }
        }
        let ended = self.process.wait()?;
        ensure!(ended.success(), "the container failed at its end: {ended}");
        Ok(())
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // It still runs after a failure only.
        let _ended = runc(self.bundle).args(["delete", "--force", &self.name]).stderr(Stdio::null()).status();
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// Fails where runc can't run any container, not even one that runs this machine's own `true`.
pub(super) fn probe() -> anyhow::Result<()> {
    let bundle = tempfile::tempdir()?;
    std::fs::create_dir(bundle.path().join("rootfs"))?;
    describe(bundle.path(), |mut spec| {
        spec["process"]["terminal"] = json!(false);
        spec["process"]["args"] = json!(["true"]);
        if let Some(mounts) = spec["mounts"].as_array_mut() {
            let folders = ["/bin", "/lib", "/lib64", "/usr"].into_iter();
            for folder in folders.filter(|folder| Path::new(folder).is_dir()) {
                let options = ["rbind", "ro"];
                mounts.push(
                    json!({"destination": folder, "type": "bind", "source": folder, "options": options}),
                );
            }
        }
        Ok(spec)
    })?;
    let name = format!("probe-{}", std::process::id());
    must(runc(bundle.path()).args(["run", "--bundle"]).arg(bundle.path()).arg(&name).stdin(Stdio::null()))
}

/// Writes the description of a container into a bundle: `change` applied to runc's own.
pub(super) fn describe(
    bundle: &Path,
    change: impl FnOnce(Value) -> anyhow::Result<Value>,
) -> anyhow::Result<()> {
    must(Command::new("runc").args(["spec", "--bundle"]).arg(bundle))
        .context("the smoke test needs runc; --no-smoke-test skips it")?;
    let file = bundle.join("config.json");
    let spec = change(serde_json::from_slice(&std::fs::read(&file)?)?)?;
    Ok(std::fs::write(&file, serde_json::to_vec(&spec)?)?)
}

fn runc(bundle: &Path) -> Command {
    let mut command = Command::new("runc");
    command.arg("--root").arg(bundle.join("state"));
    command
}

/// Changes the description of a container to what the image describes, with the least rights.
pub(super) fn confined(mut spec: Value, config: &Value, root: &Path, data: &Path) -> anyhow::Result<Value> {
    let texts = |name: &str| config[name].as_array().cloned().unwrap_or_default();
    let (user, group) = user(config)?;
    spec["root"] = json!({"path": root, "readonly": true});
    let process = &mut spec["process"];
    process["terminal"] = json!(false);
    process["user"] = json!({"uid": user, "gid": group});
    process["args"] = json!([texts("Entrypoint"), texts("Cmd")].concat());
    process["env"] = json!([texts("Env"), vec![json!("PARLOR_LOG=warn")]].concat());
    process["capabilities"] = json!({});
    if let Some(mounts) = spec["mounts"].as_array_mut() {
        // Every user may write there.
        mounts.retain(|mount| mount["destination"] != "/dev/shm" && mount["destination"] != "/dev/mqueue");
        let options = ["bind", "nosuid", "nodev", "noexec"];
        mounts.push(json!({"destination": "/data", "type": "bind", "source": data, "options": options}));
    }
    Ok(spec)
}

/// Returns the user and group id of the image; clusters require numbers, and root is rejected.
pub(super) fn user(config: &Value) -> anyhow::Result<(u32, u32)> {
    let user = config["User"].as_str().context("the image names no user")?;
    let (user, group) = user.split_once(':').context("the image's user is not uid:gid")?;
    let (user, group): (u32, u32) = (user.parse()?, group.parse()?);
    ensure!(user != 0, "the image runs as root");
    Ok((user, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(user: &str) -> Value {
        json!({"User": user, "Env": ["A=1"], "Entrypoint": ["/parlor"], "Cmd": ["serve"]})
    }

    #[test]
    fn the_container_runs_as_the_image_describes_and_confined() {
        let spec = json!({"process": {}, "mounts": [{"destination": "/proc"}, {"destination": "/dev/shm"}]});
        let spec = confined(spec, &config("65532:65532"), Path::new("/mnt"), Path::new("/kept")).unwrap();
        assert_eq!(spec["root"], json!({"path": "/mnt", "readonly": true}));
        assert_eq!(spec["process"]["args"], json!(["/parlor", "serve"]));
        assert_eq!(spec["process"]["user"]["uid"], 65532);
        assert_eq!(spec["process"]["capabilities"], json!({}));
        let mounts: Vec<_> =
            spec["mounts"].as_array().unwrap().iter().map(|mount| &mount["destination"]).collect();
        assert_eq!(mounts, ["/proc", "/data"]);
    }

    #[test]
    fn an_image_that_runs_as_root_is_rejected() {
        for user in ["", "0:0", "root"] {
            let path = Path::new("/mnt");
            assert!(confined(json!({}), &config(user), path, path).is_err(), "{user:?}");
        }
    }
}
