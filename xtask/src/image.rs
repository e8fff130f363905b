//! `cargo xtask image`: the image of `deploy/docker/Dockerfile` from a program built here, without a registry, and a trial
//! of it: as its own user, without capabilities, on a root that can't be written to.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::deploy::root;
use crate::needs::{self, BUILDAH, CERTIFICATES, CURL, MUSL, Need, RUNC};
use crate::{cargo, must};

const TARGET: &str =
    if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-musl" } else { "x86_64-unknown-linux-musl" };
/// What TLS trusts, on Debian and its like.
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";

#[derive(clap::Args)]
pub(crate) struct Image {
    /// What to call it.
    #[arg(long, default_value = concat!("parlor:", env!("CARGO_PKG_VERSION")))]
    tag: String,
    /// Builds without optimisation, in a fraction of the time: to try things, not to serve.
    #[arg(long)]
    debug: bool,
    /// Does not run it.
    #[arg(long)]
    no_trial: bool,
}

const NEEDS: &[Need] = &[MUSL, BUILDAH, RUNC, CURL, CERTIFICATES];

pub(crate) fn run(image: &Image) -> anyhow::Result<()> {
    needs::install(NEEDS)?;
    let program = compile(image.debug)?;
    let work = root().join("target/image");
    std::fs::create_dir_all(&work)?;
    let store = Store { folder: work.join("store") };
    if store.folder.exists() {
        // Each build would leave its forerunner there for nobody.
        std::fs::remove_dir_all(&store.folder)?;
    }
    bake(&store, &program, &image.tag)?;
    let archive = work.join("parlor.tar");
    if archive.exists() {
        std::fs::remove_file(&archive)?;
    }
    must(store.buildah(&["push", "--quiet", &image.tag]).arg(format!(
        "docker-archive:{}:{}",
        archive.display(),
        image.tag
    )))?;
    let size = std::fs::metadata(&archive)?.len() >> 20;
    println!("image: {} is in {} ({size} MiB); `docker load --input` takes it", image.tag, archive.display());
    if image.no_trial { Ok(()) } else { try_out(&store, &image.tag) }
}

/// A program that needs no library of the machine it runs on.
fn compile(debug: bool) -> anyhow::Result<PathBuf> {
    must(Command::new("rustup").args(["target", "add", TARGET]))
        .context("this needs rustup, for its musl target")?;
    let profile: &[&str] = if debug { &[] } else { &["--release"] };
    println!("image: building for {TARGET}");
    cargo(
        &[&["build", "--locked", "--package", "parlor", "--bin", "parlor", "--target", TARGET], profile]
            .concat(),
    )?;
    let metadata =
        cargo_metadata::MetadataCommand::new().no_deps().exec().context("cargo metadata failed")?;
    let folder = if debug { "debug" } else { "release" };
    Ok(metadata.target_directory.into_std_path_buf().join(TARGET).join(folder).join("parlor"))
}

/// Where buildah keeps images: a folder of this tree, whatever the machine is set up for.
struct Store {
    folder: PathBuf,
}

impl Store {
    fn buildah(&self, args: &[&str]) -> Command {
        let mut command = Command::new("buildah");
        command.args(["--storage-driver", "vfs", "--root"]).arg(self.folder.join("root"));
        command.arg("--runroot").arg(self.folder.join("run")).args(args);
        command
    }

    fn answer(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.buildah(args).output().context("buildah did not start")?;
        ensure!(output.status.success(), "buildah {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// Runs the last stage of the Dockerfile; a folder takes the place of the first, which would need a registry.
fn bake(store: &Store, program: &Path, tag: &str) -> anyhow::Result<()> {
    let stage = tempfile::tempdir()?;
    let image = stage.path().join("image");
    std::fs::create_dir_all(image.join("data"))?;
    std::fs::create_dir_all(image.join("etc/ssl/certs"))?;
    std::fs::copy(program, image.join("parlor"))?;
    std::fs::copy(TRUSTED, image.join(TRUSTED.trim_start_matches('/')))
        .with_context(|| format!("{TRUSTED} can't be copied"))?;
    // The form of Docker, because the other one has no place for a health check.
    let args = ["bud", "--quiet", "--isolation", "chroot", "--format", "docker", "--tag", tag];
    must(
        store
            .buildah(&args)
            .arg(format!("--build-context=build={}", stage.path().display()))
            .arg("--file")
            .arg(root().join("deploy/docker/Dockerfile"))
            .arg(stage.path())
            .stdout(Stdio::null()),
    )
    .context("buildah did not build the image")
}

/// Starts it as a cluster would, asks its health as its own health check does, and ends it.
fn try_out(store: &Store, tag: &str) -> anyhow::Result<()> {
    let image: Value = serde_json::from_str(&store.answer(&["inspect", "--type", "image", tag])?)?;
    let config = &image["Docker"]["config"];
    let container = store.answer(&["from", tag])?;
    let tried = store.answer(&["mount", &container]).and_then(|mounted| trial(config, Path::new(&mounted)));
    store.answer(&["rm", &container])?;
    tried
}

fn trial(config: &Value, mounted: &Path) -> anyhow::Result<()> {
    let bundle = tempfile::tempdir()?;
    must(Command::new("runc").args(["spec", "--bundle"]).arg(bundle.path()))
        .context("the trial needs runc; without it say --no-trial")?;
    let file = bundle.path().join("config.json");
    let spec: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    std::fs::write(&file, serde_json::to_vec(&confined(spec, config, mounted)?)?)?;
    let state = bundle.path().join("state");
    let name = format!("parlor-{}", std::process::id());
    let runc = |args: &[&str]| {
        let mut command = Command::new("runc");
        command.arg("--root").arg(&state).args(args);
        command
    };
    let mut process =
        runc(&["run", "--bundle"]).arg(bundle.path()).arg(&name).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().context("no standard output")?).read_line(&mut line)?;
    let asked = line.trim().strip_prefix("Parlor listens on http://").context("it did not start").and_then(
        |address| {
            let check = config["Healthcheck"]["Test"].as_array().context("the image has no health check")?;
            let check: Vec<_> = check.iter().skip(1).filter_map(Value::as_str).collect();
            let listen = format!("PARLOR_LISTEN={address}");
            must(runc(&["exec", "--env", &listen, &name]).args(check)).context("its health check fails")?;
            let url = format!("http://{address}/health");
            must(Command::new("curl").args([
                "--silent",
                "--show-error",
                "--fail",
                "--output",
                "/dev/null",
                &url,
            ]))
        },
    );
    must(&mut runc(&["kill", &name, "TERM"]))?;
    let ended = process.wait()?;
    asked?;
    ensure!(ended.success(), "it did not end well: {ended}");
    println!(
        "image: it serves as user {} on a read-only root, is healthy, and ends when told to",
        config["User"]
    );
    Ok(())
}

/// A container's description: what the image says, and nothing that it could do without. It shares the network, so that it
/// can be asked.
fn confined(mut spec: Value, config: &Value, mounted: &Path) -> anyhow::Result<Value> {
    let texts = |name: &str| config[name].as_array().cloned().unwrap_or_default();
    let user = config["User"].as_str().context("the image names no user")?;
    let (user, group) = user.split_once(':').context("the image's user is no uid:gid")?;
    let (user, group): (u32, u32) = (user.parse()?, group.parse()?);
    ensure!(user != 0, "the image runs as root");
    spec["root"] = json!({"path": mounted, "readonly": true});
    let process = &mut spec["process"];
    process["terminal"] = json!(false);
    process["user"] = json!({"uid": user, "gid": group});
    process["args"] = json!([texts("Entrypoint"), texts("Cmd")].concat());
    process["env"] =
        json!([texts("Env"), vec![json!("PARLOR_LISTEN=127.0.0.1:0"), json!("PARLOR_LOG=warn")]].concat());
    process["capabilities"] = json!({});
    if let Some(namespaces) = spec["linux"]["namespaces"].as_array_mut() {
        namespaces.retain(|namespace| namespace["type"] != "network");
    }
    if let Some(mounts) = spec["mounts"].as_array_mut() {
        let options = ["mode=0700".to_owned(), format!("uid={user}"), format!("gid={group}")];
        mounts.push(json!({"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": options}));
    }
    Ok(spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(user: &str) -> Value {
        json!({"User": user, "Env": ["A=1"], "Entrypoint": ["/parlor"], "Cmd": ["serve"]})
    }

    #[test]
    fn the_trial_is_run_as_the_image_says_and_confined() {
        let spec = json!({"process": {}, "mounts": [], "linux": {"namespaces": [{"type": "network"}, {"type": "pid"}]}});
        let spec = confined(spec, &config("65532:65532"), Path::new("/mnt")).unwrap();
        assert_eq!(spec["root"], json!({"path": "/mnt", "readonly": true}));
        assert_eq!(spec["process"]["args"], json!(["/parlor", "serve"]));
        assert_eq!(spec["process"]["user"]["uid"], 65532);
        assert_eq!(spec["process"]["capabilities"], json!({}));
        assert_eq!(spec["linux"]["namespaces"], json!([{"type": "pid"}]));
    }

    #[test]
    fn an_image_that_would_run_as_root_is_refused() {
        for user in ["", "0:0", "root"] {
            assert!(confined(json!({}), &config(user), Path::new("/mnt")).is_err(), "{user:?}");
        }
    }
}
