//! `cargo xtask dist`: everything that a release consists of, in `target/dist`: a static program in an archive, a Debian package,
//! third-party notices, a bill of materials, and checksums. The same sources give the same bytes.
#![expect(clippy::print_stdout, reason = "prints its progress")]

mod bundle;
mod deb;
mod install_test;
mod notices;
mod packages;
mod sbom;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::image::{TARGET, compile, install_target};
use crate::must;
use crate::paths::root;
use crate::prerequisites::{self, ADDUSER, CURL, DPKG_DEB, MUSL, Prerequisite, SETPRIV};
use packages::Packages;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The documents of a release that lie beside the sources.
const DOCUMENTS: &[&str] = &[
    "CHANGELOG.md",
    "LICENSE",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "docs/settings.md",
];

#[derive(clap::Args)]
pub(crate) struct Dist {
    /// Builds without optimisation, in a fraction of the time: for trying the package, not for serving.
    #[arg(long)]
    debug: bool,
}

pub(crate) const PREREQUISITES: &[Prerequisite] = &[MUSL, DPKG_DEB, ADDUSER, SETPRIV, CURL];

pub(crate) fn run(dist: &Dist) -> anyhow::Result<()> {
    prerequisites::install(PREREQUISITES)?;
    install_target()?;
    let program = compile(dist.debug)?;
    let folder = root().join("target/dist");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let release = Release::assemble(&program, folder.join(format!("parlor-{VERSION}-{TARGET}")))?;
    let made = [
        archive(&release, &folder)?,
        deb::build(&release, VERSION, &folder, if dist.debug { "none" } else { "xz" })?,
        copy(&release.sbom(), &folder)?,
        copy(&release.notices(), &folder)?,
    ];
    fs::remove_dir_all(&release.folder)?;
    let names: Vec<_> = made.iter().filter_map(|path| path.file_name()).collect();
    let sums = output(Command::new("sha256sum").args(names).current_dir(&folder))?;
    fs::write(folder.join("SHA256SUMS"), &sums)?;
    println!("dist: {}\n{}", folder.display(), String::from_utf8_lossy(&sums).trim_end());
    Ok(())
}

/// Tests the Debian package of a debug build, which the test of the image has compiled.
pub(crate) fn test() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let release = Release::assemble(&compile(true)?, folder.path().join("parlor"))?;
    install_test::run(&release, folder.path())
}

/// The files of a release, in a folder of their own.
struct Release {
    folder: PathBuf,
    /// The time of the sources, for everything that has one: seconds since 1970.
    time: String,
}

impl Release {
    /// Puts the program, its manual, completions and documents into a folder.
    fn assemble(program: &Path, folder: PathBuf) -> anyhow::Result<Self> {
        for part in ["completions", "man"] {
            fs::create_dir_all(folder.join(part))?;
        }
        fs::copy(program, folder.join("parlor")).with_context(|| format!("no {}", program.display()))?;
        for document in DOCUMENTS {
            copy(&root().join(document), &folder)?;
        }
        for (shell, name) in [("bash", "parlor"), ("zsh", "_parlor"), ("fish", "parlor.fish")] {
            let script = output(Command::new(folder.join("parlor")).args(["completions", shell]))?;
            fs::write(folder.join("completions").join(name), script)?;
        }
        must(Command::new(folder.join("parlor")).arg("manual").arg(folder.join("man")))?;
        let packages = Packages::of_program(TARGET)?;
        let release = Self { folder, time: time_of_sources() };
        fs::write(release.notices(), notices::text(&packages)?)?;
        fs::write(release.sbom(), sbom::json(&packages))?;
        release.set_modes()?;
        Ok(release)
    }

    fn notices(&self) -> PathBuf {
        self.folder.join("THIRD-PARTY-NOTICES.txt")
    }

    fn sbom(&self) -> PathBuf {
        self.folder.join("parlor.cdx.json")
    }

    /// Makes the modes those of a release, whatever the umask.
    fn set_modes(&self) -> anyhow::Result<()> {
        for path in files(&self.folder)? {
            let mode =
                if path.ends_with("parlor") && path.parent() == Some(&self.folder) { 0o755 } else { 0o644 };
            fs::set_permissions(&path, Permissions::from_mode(mode))?;
        }
        Ok(())
    }
}

/// Makes the archive: in the order of names, without the time and the user of the build.
fn archive(release: &Release, folder: &Path) -> anyhow::Result<PathBuf> {
    let name = release.folder.file_name().context("a release without a name")?;
    let archive = folder.join(name).with_added_extension("tar.gz");
    let mut tar = Command::new("tar");
    tar.args([
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mode=go=rX,u+rw",
        "--format=gnu",
    ]);
    tar.arg(format!("--mtime=@{}", release.time)).arg("--directory").arg(folder);
    tar.args(["--use-compress-program=gzip -9n", "--create", "--file"]).arg(&archive).arg(name);
    must(&mut tar)?;
    Ok(archive)
}

/// Returns the time of the latest commit, or of the version's manifest where there is no repository.
fn time_of_sources() -> String {
    if let Ok(time) = std::env::var("SOURCE_DATE_EPOCH") {
        return time;
    }
    let git = Command::new("git")
        .args(["log", "-1", "--format=%ct"])
        .current_dir(root())
        .stderr(Stdio::null())
        .output();
    let time = git.ok().filter(|git| git.status.success()).and_then(|git| String::from_utf8(git.stdout).ok());
    // A source archive has no repository: an early time that every archive format knows.
    time.map_or_else(|| "315532800".to_owned(), |time| time.trim().to_owned())
}

/// Copies a file into a folder, and returns the copy.
fn copy(file: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let copy = folder.join(file.file_name().context("a file without a name")?);
    fs::copy(file, &copy).with_context(|| format!("can't copy {}", file.display()))?;
    Ok(copy)
}

/// Returns the files of a folder and those below it, by name.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = vec![];
    let entries = fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else if entry.file_type()?.is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Runs a command and returns its standard output.
fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("{command:?} did not start"))?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(output.stdout)
}
