//! The Debian package: the program, a hardened unit of systemd, settings, the manual and completions.

use std::fmt::Write;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::{Release, files, output};
use crate::must;
use crate::paths::root;

const DESCRIPTION: &str = "Section: net
Priority: optional
Maintainer: The Parlor developers <parlor@parlor.invalid>
Depends: adduser, init-system-helpers
Recommends: ca-certificates
Description: self-hosted chat-room server and client
 Accounts, rooms and messages over REST, and every change live over WebSocket,
 server-sent events and Socket.IO. Data is kept in SQLite, or in PostgreSQL for
 several replicas.
";

/// Builds the package of that version, and returns its path.
pub(super) fn build(
    release: &Release,
    version: &str,
    folder: &Path,
    compression: &str,
) -> anyhow::Result<PathBuf> {
    let tree = tempfile::tempdir()?;
    let tree = tree.path();
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let place = |from: &Path, to: &str, mode: u32| -> anyhow::Result<PathBuf> {
        let to = tree.join(to);
        fs::create_dir_all(to.parent().context("a file without a folder")?)?;
        fs::copy(from, &to).with_context(|| format!("can't copy {}", from.display()))?;
        fs::set_permissions(&to, Permissions::from_mode(mode))?;
        Ok(to)
    };
    let own = |name: &str| root().join("deploy/debian").join(name);
    place(&release.folder.join("parlor"), "usr/bin/parlor", 0o755)?;
    place(&own("parlor.service"), "usr/lib/systemd/system/parlor.service", 0o644)?;
    place(&own("parlor.toml"), "etc/parlor/parlor.toml", 0o640)?;
    for (script, to) in [
        ("parlor", "usr/share/bash-completion/completions/parlor"),
        ("_parlor", "usr/share/zsh/vendor-completions/_parlor"),
        ("parlor.fish", "usr/share/fish/vendor_completions.d/parlor.fish"),
    ] {
        place(&release.folder.join("completions").join(script), to, 0o644)?;
    }
    let mut zipped = vec![];
    for page in files(&release.folder.join("man"))? {
        let name = page.file_name().unwrap_or_default().to_string_lossy();
        zipped.push(place(&page, &format!("usr/share/man/man1/{name}"), 0o644)?);
    }
    let document = |name: &str| format!("usr/share/doc/parlor/{name}");
    for (name, to) in [("CHANGELOG.md", "changelog"), ("THIRD-PARTY-NOTICES.txt", "THIRD-PARTY-NOTICES.txt")]
    {
        zipped.push(place(&release.folder.join(name), &document(to), 0o644)?);
    }
    for name in ["README.md", "SECURITY.md", "settings.md", "parlor.cdx.json"] {
        place(&release.folder.join(name), &document(name), 0o644)?;
    }
    let copyright =
        ["LICENSE", "LICENSE-MIT", "LICENSE-APACHE"].map(|name| fs::read_to_string(root().join(name)));
    fs::write(
        tree.join(document("copyright")),
        copyright.into_iter().collect::<Result<Vec<_>, _>>()?.join("\n"),
    )?;
    must(Command::new("gzip").args(["-9n"]).args(&zipped))?;

    let control = tree.join("DEBIAN");
    fs::create_dir(&control)?;
    for script in ["postinst", "prerm", "postrm"] {
        place(&own(script), &format!("DEBIAN/{script}"), 0o755)?;
    }
    fs::write(control.join("conffiles"), "/etc/parlor/parlor.toml\n")?;
    fs::write(control.join("md5sums"), md5sums(tree)?)?;
    let size: u64 =
        files(tree)?.iter().filter_map(|file| fs::metadata(file).ok()).map(|file| file.len()).sum();
    let mut text = format!("Package: parlor\nVersion: {version}\nArchitecture: {architecture}\n");
    writeln!(text, "Installed-Size: {}", size.div_ceil(1_024))?;
    fs::write(control.join("control"), text + DESCRIPTION)?;
    // Whatever the umask is.
    must(Command::new("chmod").args(["-R", "u=rwX,go=rX"]).arg(tree))?;
    fs::set_permissions(tree.join("etc/parlor/parlor.toml"), Permissions::from_mode(0o640))?;

    let package = folder.join(format!("parlor_{version}_{architecture}.deb"));
    let mut build = Command::new("dpkg-deb");
    // Times later than that of the sources become that, and files belong to root.
    build.env("SOURCE_DATE_EPOCH", &release.time).args(["--root-owner-group", "-Z", compression, "--build"]);
    output(build.arg(tree).arg(&package))?;
    Ok(package)
}

/// Returns the checksums of the files to be installed, settings apart, which people change.
fn md5sums(tree: &Path) -> anyhow::Result<Vec<u8>> {
    let paths = files(tree)?;
    let installed = paths.iter().filter_map(|path| path.strip_prefix(tree).ok());
    let installed = installed.filter(|path| !path.starts_with("DEBIAN") && !path.starts_with("etc"));
    output(Command::new("md5sum").args(installed).current_dir(tree))
}
