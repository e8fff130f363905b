//! `cargo xtask image`: the image of `deploy/docker/Dockerfile` from a program built here, without a registry, and a trial
//! of it. `cargo xtask test` does the same of a debug build.
#![expect(clippy::print_stdout, reason = "says what it does")]

mod container;
mod trial;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::deploy::root;
use crate::must;
use crate::needs::{self, BUILDAH, CERTIFICATES, CURL, MUSL, NSENTER, Need, RUNC};

const TARGET: &str =
    if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-musl" } else { "x86_64-unknown-linux-musl" };
/// What TLS trusts, on Debian and its like.
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";
const TAG: &str = concat!("parlor:", env!("CARGO_PKG_VERSION"));

#[derive(clap::Args)]
pub(crate) struct Image {
    /// What to call it.
    #[arg(long, default_value = TAG)]
    tag: String,
    /// Builds without optimisation, in a fraction of the time: to try things, not to serve.
    #[arg(long)]
    debug: bool,
    /// Does not run it.
    #[arg(long)]
    no_trial: bool,
}

pub(crate) const NEEDS: &[Need] = &[MUSL, BUILDAH, RUNC, NSENTER, CURL, CERTIFICATES];

pub(crate) fn run(image: &Image) -> anyhow::Result<()> {
    needs::install(NEEDS)?;
    target()?;
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
    if image.no_trial { Ok(()) } else { trial::run(&store, &image.tag) }
}

/// Whether this machine lets containers be made: root does, but not in every container of its own.
pub(crate) fn possible() -> bool {
    let mounted = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    mounted.is_ok_and(|status| status.success())
}

/// Tries the image of a debug build, where containers can be run. Nothing stays but what cargo built; an image that was made
/// to be kept is left alone.
pub(crate) fn test() -> anyhow::Result<()> {
    if let Err(error) = container::probe() {
        println!("image: it is not tried, for runc can't run a container here: {error:#}");
        return Ok(());
    }
    let program = compile(true)?;
    let folder = program.parent().context("a program without a folder")?;
    let folder = tempfile::Builder::new().prefix("image-").tempdir_in(folder)?;
    let store = Store { folder: folder.path().to_owned() };
    bake(&store, &program, TAG)?;
    trial::run(&store, TAG)
}

/// Installs Rust's own library for musl. Where it is there the network is not asked, nor need there be a rustup.
pub(crate) fn target() -> anyhow::Result<()> {
    let folder = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("rustc did not start")?;
    if Path::new(String::from_utf8(folder.stdout)?.trim()).is_dir() {
        return Ok(());
    }
    println!("installing Rust's target {TARGET}");
    must(Command::new("rustup").args(["target", "add", TARGET])).with_context(|| {
        format!("the image needs Rust's target {TARGET}: run `rustup target add {TARGET}` where the network can be reached")
    })
}

/// A program that needs no library of the machine it runs on.
fn compile(debug: bool) -> anyhow::Result<PathBuf> {
    println!("image: building for {TARGET}");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--package", "parlor", "--bin", "parlor", "--target", TARGET]);
    if debug {
        // Nobody debugs it: the program has 65 MiB instead of 177, and cargo keeps 1 GiB instead of 1.8. A profile would say
        // so to what runs at the build, too, and have it built anew where the tests have built it.
        let flags = format!("target.{TARGET}.rustflags=['-Cdebuginfo=0', '-Cstrip=symbols']");
        cargo.args(["--config", &flags]).env("CARGO_INCREMENTAL", "0");
    } else {
        cargo.arg("--release");
    }
    must(&mut cargo)?;
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
