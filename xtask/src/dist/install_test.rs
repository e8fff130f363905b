//! The test of the Debian package: on a copy of this machine's file system, which is thrown away, it is installed, serves, is upgraded
//! over, removed and purged.
#![expect(clippy::print_stdout, reason = "prints its findings")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::{Release, VERSION, deb};
use crate::must;
use crate::paths::root;

/// Runs the test where this process may mount file systems.
pub(super) fn run(release: &Release, folder: &Path) -> anyhow::Result<()> {
    let later = format!("{VERSION}+later");
    let packages = folder.join("packages");
    fs::create_dir(&packages)?;
    let first = deb::build(release, VERSION, &packages, "none")?;
    let again = folder.join("again");
    fs::create_dir(&again)?;
    ensure!(
        fs::read(&first)? == fs::read(deb::build(release, VERSION, &again, "none")?)?,
        "two builds of the same package differ"
    );
    let second = deb::build(release, &later, &packages, "none")?;
    // The copy shows this machine's files, and keeps what is written in memory.
    let copy = "set -e; mount -t tmpfs tmpfs \"$1\"; mkdir \"$1/upper\" \"$1/work\" \"$1/root\"; \
        mount -t overlay overlay -o \"lowerdir=/,upperdir=$1/upper,workdir=$1/work\" \"$1/root\"";
    let probe = folder.join("probe");
    fs::create_dir(&probe)?;
    let mut private = Command::new("unshare");
    private.args(["--mount", "--propagation", "private", "sh", "-c", copy, "sh"]).arg(&probe);
    let possible =
        private.stdout(Stdio::null()).stderr(Stdio::null()).status().context("unshare did not start")?;
    if !possible.success() {
        println!("dist: the package is not installed in a test: this kernel stacks no file systems here");
        return Ok(());
    }
    fs::rename(first, packages.join("first.deb"))?;
    fs::rename(second, packages.join("second.deb"))?;
    let enter = format!(
        "{copy}; mount --rbind /proc \"$1/root/proc\"; mount --rbind /dev \"$1/root/dev\"; \
         mkdir -p \"$1/root/run/packages\" \"$1/root/run/test\"; mount --bind \"$2\" \"$1/root/run/packages\"; \
         cp \"$3\" \"$1/root/run/test/test.sh\"; exec chroot \"$1/root\" sh /run/test/test.sh"
    );
    let mut test = Command::new("unshare");
    test.args(["--mount", "--propagation", "private", "sh", "-c", &enter, "sh"]);
    test.arg(&probe).arg(&packages).arg(root().join("xtask/dist/install-test.sh"));
    must(&mut test).context("the test of the Debian package failed")
}
