//! `cargo xtask image`: builds the image of `deploy/docker/Dockerfile` from a program compiled here, without a registry, and
//! runs a smoke test. `cargo xtask test` does the same with a debug build.
#![expect(clippy::print_stdout, reason = "prints its progress")]

mod container;
mod smoke_test;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

use crate::must;
use crate::paths::root;
use crate::prerequisites::{self, BUILDAH, CERTIFICATES, CURL, MUSL, NSENTER, Prerequisite, RUNC};

/// The platform of static programs.
pub(crate) const TARGET: &str =
    if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-musl" } else { "x86_64-unknown-linux-musl" };
/// The trusted certificates of TLS, on Debian and its derivatives.
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";
const TAG: &str = concat!("parlor:", env!("CARGO_PKG_VERSION"));

#[derive(clap::Args)]
pub(crate) struct Image {
    /// Name and tag of the image.
    #[arg(long, default_value = TAG)]
    tag: String,
    /// Builds without optimisation, in a fraction of the time: for trying things, not for serving.
    #[arg(long)]
    debug: bool,
    /// Skips the smoke test.
    #[arg(long)]
    no_smoke_test: bool,
}

pub(crate) const PREREQUISITES: &[Prerequisite] = &[MUSL, BUILDAH, RUNC, NSENTER, CURL, CERTIFICATES];

pub(crate) fn run(image: &Image) -> anyhow::Result<()> {
    prerequisites::install(PREREQUISITES)?;
    install_target()?;
    let program = compile(image.debug)?;
    let work = root().join("target/image");
    std::fs::create_dir_all(&work)?;
    let store = Store { folder: work.join("store") };
    if store.folder.exists() {
        // Else every build would leave the image before it there.
        std::fs::remove_dir_all(&store.folder)?;
    }
    build(&store, &program, &image.tag)?;
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
    if image.no_smoke_test { Ok(()) } else { smoke_test::run(&store, &image.tag) }
}

/// Returns true if this process may mount file systems, as a container needs: root may, but not inside every container.
pub(crate) fn possible() -> bool {
    let mounted = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    mounted.is_ok_and(|status| status.success())
}

/// Tests the image of a debug build where containers can be run. Removes the image, and leaves one that `cargo xtask image`
/// built alone.
pub(crate) fn test() -> anyhow::Result<()> {
    if let Err(error) = container::probe() {
        println!("image: not tested, because runc can't run a container here: {error:#}");
        return Ok(());
    }
    let program = compile(true)?;
    let folder = program.parent().context("a program without a folder")?;
    let folder = tempfile::Builder::new().prefix("image-").tempdir_in(folder)?;
    let store = Store { folder: folder.path().to_owned() };
    build(&store, &program, TAG)?;
    smoke_test::run(&store, TAG)
}

/// Installs Rust's standard library for musl where it is missing, which needs rustup and the network.
pub(crate) fn install_target() -> anyhow::Result<()> {
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

/// Compiles the program with all its libraries linked statically.
pub(crate) fn compile(debug: bool) -> anyhow::Result<PathBuf> {
    println!("building for {TARGET}");
    must(with_build(&mut Command::new("cargo"), debug))?;
    let metadata =
        cargo_metadata::MetadataCommand::new().no_deps().exec().context("cargo metadata failed")?;
    let folder = if debug { "debug" } else { "release" };
    Ok(metadata.target_directory.into_std_path_buf().join(TARGET).join(folder).join("parlor"))
}

/// Starts to compile the program of a debug build, in the time that other processes leave.
pub(crate) fn compile_ahead() -> anyhow::Result<Child> {
    let mut nice = Command::new("nice");
    nice.args(["-n", "19", "cargo"]);
    let build = with_build(&mut nice, true).stdout(Stdio::null()).stderr(Stdio::null());
    build.spawn().context("nice did not start")
}

/// Adds cargo's arguments for the program with all its libraries linked statically.
fn with_build(cargo: &mut Command, debug: bool) -> &mut Command {
    cargo.args(["build", "--locked", "--package", "parlor", "--bin", "parlor", "--target", TARGET]);
    if debug {
        // Without debug information the program has 65 MiB instead of 177, and cargo keeps 1 GiB instead of 1.8. A profile
        // would apply to build scripts and macros too, and compile again what the tests have compiled.
        let flags = format!("target.{TARGET}.rustflags=['-Cdebuginfo=0', '-Cstrip=symbols']");
        cargo.args(["--config", &flags]).env("CARGO_INCREMENTAL", "0")
    } else {
        cargo.arg("--release")
    }
}

/// The storage of buildah in a folder of this tree, independent of the machine's settings.
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

    fn output(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.buildah(args).output().context("buildah did not start")?;
        ensure!(output.status.success(), "buildah {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// Builds the last stage of the Dockerfile; a folder replaces the first stage, which would need a registry.
fn build(store: &Store, program: &Path, tag: &str) -> anyhow::Result<()> {
    let stage = tempfile::tempdir()?;
    let image = stage.path().join("image");
    std::fs::create_dir_all(image.join("data"))?;
    std::fs::create_dir_all(image.join("etc/ssl/certs"))?;
    std::fs::copy(program, image.join("parlor"))?;
    std::fs::copy(TRUSTED, image.join(TRUSTED.trim_start_matches('/')))
        .with_context(|| format!("{TRUSTED} can't be copied"))?;
    // The OCI format has no health check.
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
