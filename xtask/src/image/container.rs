//! A container of the image, run by runc as the image says and confined as a cluster would, and not left behind.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use crate::http;
use crate::must;

/// What no start and no end takes, on a slow machine either.
const PATIENCE: Duration = Duration::from_mins(1);

/// A container that runs, in a network of its own.
pub(super) struct Container<'a> {
    bundle: &'a Path,
    name: String,
    process: Child,
    /// What it says, line by line, until it ends.
    said: Receiver<String>,
    pid: String,
    url: String,
}

impl<'a> Container<'a> {
    /// Starts what the bundle describes, and waits until it listens.
    pub(super) fn start(bundle: &'a Path) -> anyhow::Result<Self> {
        let name = format!("parlor-{}", std::process::id());
        let mut process = runc(bundle)
            .args(["run", "--bundle"])
            .arg(bundle)
            .arg(&name)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the trial needs runc; without it say --no-trial")?;
        let lines = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        let (say, said) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
        let mut container = Self { bundle, name, process, said, pid: String::new(), url: String::new() };
        let line = container.said.recv_timeout(PATIENCE).context("it did not start")?;
        container.url = line
            .strip_prefix("Parlor listens on ")
            .with_context(|| format!("it said something else at its start: {line}"))?
            .replace("0.0.0.0", "127.0.0.1");
        // Not by runc's pid file, which may be written later than this.
        let state = runc(bundle).args(["state", &container.name]).output()?;
        let state: Value = serde_json::from_slice(&state.stdout).context("runc does not know its state")?;
        container.pid = state["pid"].to_string();
        Ok(container)
    }

    /// Runs a program of the image in it.
    pub(super) fn exec(&self, args: &[&str]) -> anyhow::Result<()> {
        must(runc(self.bundle).args(["exec", &self.name]).args(args))
    }

    /// Asks it, from within its network.
    pub(super) fn ask(&self, path: &str, token: Option<&str>, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut curl = Command::new("nsenter");
        curl.args(["--net", "--target", &self.pid, "curl"]);
        http::ask(&mut curl, &format!("{}{path}", self.url), token, body)
    }

    /// Whether a file can be made there, by root even.
    pub(super) fn can_write(&self, path: &str) -> anyhow::Result<bool> {
        match std::fs::File::create_new(format!("/proc/{}/root{path}", self.pid)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem => Ok(false),
            Err(error) => Err(error).context(format!("can't try to write to {path}")),
        }
    }

    /// Tells it to end, as a cluster would, and waits until it did.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        must(runc(self.bundle).args(["kill", &self.name, "TERM"]))?;
        loop {
            match self.said.recv_timeout(PATIENCE) {
                Ok(_more) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => bail!("it does not end when told to"),
            }
        }
        let ended = self.process.wait()?;
        ensure!(ended.success(), "it did not end well: {ended}");
        Ok(())
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // After a failure it still runs; else there is nothing to delete.
        let _gone = runc(self.bundle).args(["delete", "--force", &self.name]).stderr(Stdio::null()).status();
        let _gone = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// Fails where runc can't run any container, not even one of this machine's own `true`.
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

/// Writes into a bundle what is made of runc's own description of a container.
pub(super) fn describe(
    bundle: &Path,
    made: impl FnOnce(Value) -> anyhow::Result<Value>,
) -> anyhow::Result<()> {
    must(Command::new("runc").args(["spec", "--bundle"]).arg(bundle))
        .context("the trial needs runc; without it say --no-trial")?;
    let file = bundle.join("config.json");
    let spec = made(serde_json::from_slice(&std::fs::read(&file)?)?)?;
    Ok(std::fs::write(&file, serde_json::to_vec(&spec)?)?)
}

fn runc(bundle: &Path) -> Command {
    let mut command = Command::new("runc");
    command.arg("--root").arg(bundle.join("state"));
    command
}

/// A container's description: what the image says, and nothing that it could do without.
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
        // Anybody may write there.
        mounts.retain(|mount| mount["destination"] != "/dev/shm" && mount["destination"] != "/dev/mqueue");
        let options = ["bind", "nosuid", "nodev", "noexec"];
        mounts.push(json!({"destination": "/data", "type": "bind", "source": data, "options": options}));
    }
    Ok(spec)
}

/// Whom the image runs as, by number, as clusters want it.
pub(super) fn user(config: &Value) -> anyhow::Result<(u32, u32)> {
    let user = config["User"].as_str().context("the image names no user")?;
    let (user, group) = user.split_once(':').context("the image's user is no uid:gid")?;
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
    fn the_trial_is_run_as_the_image_says_and_confined() {
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
    fn an_image_that_would_run_as_root_is_refused() {
        for user in ["", "0:0", "root"] {
            let path = Path::new("/mnt");
            assert!(confined(json!({}), &config(user), path, path).is_err(), "{user:?}");
        }
    }
}
